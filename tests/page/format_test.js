import * as format from "/overview/format.js";
import { equal, test } from "./check.js";

test("what nobody told is a dash, everywhere", () => {
  for (const words of [format.count, format.rate, format.bitrate, format.bytes, format.percent, format.latency, format.duration, format.moment]) {
    equal([words(null), words(undefined), words(NaN)], ["–", "–", "–"]);
  }
  equal(format.ago(null, 5), "–");
});

test("counts are grouped, and short when they are huge", () => {
  equal([0, 7, 1204, 99999, 1234567].map(format.count), ["0", "7", "1,204", "99,999", "1.2M"]);
});

test("a rate has three digits that mean something", () => {
  equal([0, 0.421, 4.2, 42.06, 99.96, 421.4].map(format.rate), ["0", "0.42", "4.20", "42.1", "100", "421"]);
});

test("a bit rate goes up by thousands, bytes by 1,024", () => {
  equal([0, 1, 1.3, 999.6, 12400, 3.2e6].map(format.bitrate), ["0 kbit/s", "1 kbit/s", "1.30 kbit/s", "1.00 Mbit/s", "12.4 Mbit/s", "3.20 Gbit/s"]);
  equal([0, 512, 1536, 17179869184].map(format.bytes), ["0 B", "512 B", "1.50 KiB", "16.0 GiB"]);
});

test("traffic goes up by thousands, and a part and its whole share a unit", () => {
  equal([0, 999, 31600, 1.77e6, null].map(format.byteRate), ["0 B/s", "999 B/s", "31.6 kB/s", "1.77 MB/s", "–"]);
  equal([format.bytesOf(3 * 2 ** 30, 2 ** 33), format.bytesOf(2 ** 29, 2 ** 30), format.bytesOf(null, 2 ** 30)], ["3.00 of 8.00 GiB", "512 MiB of 1.00 GiB", "– of 1.00 GiB"]);
  equal(format.bytesOf(null, null), "– of –");
});

test("a share needs both figures and stays within 0 and 1", () => {
  equal([format.share(1, 4), format.share(5, 4), format.share(null, 4), format.share(1, 0), format.share(1, null)], [0.25, 1, null, null, null]);
  equal(format.percent(0.255), "26 %");
  equal([0, 0.007, 0.0994, 0.124, 1.8, null].map(format.finePercent), ["0 %", "0.7 %", "9.9 %", "12 %", "180 %", "–"]);
});

test("a latency keeps what matters of it", () => {
  equal([0.451, 1, 9.94, 12.3, 340, 1250].map(format.latency), ["0.45 ms", "1.0 ms", "9.9 ms", "12 ms", "340 ms", "1.3 s"]);
});

test("a duration has two units where the second tells something", () => {
  equal([0, 12.9, 185, 7500, 7200, 359999, 432000, -3].map(format.duration), ["0 s", "12 s", "3 min", "2 h 5 min", "2 h", "4 d 3 h", "5 d", "0 s"]);
});

test("a time ago has one unit, and the future is now", () => {
  equal([100, 99, 88, -20, -3500, -90000].map((at) => format.ago(at, 100)), ["just now", "just now", "12 s ago", "2 min ago", "1 h ago", "1 d ago"]);
});

test("a time zone has its name and how far it is from UTC", () => {
  const summer = new Date("2026-07-01T12:00:00Z");
  equal(["Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC"].map((zone) => format.timeZone(zone, summer)),
    ["Europe/Berlin, UTC+2", "America/New_York, UTC−4", "Asia/Tokyo, UTC+9", "UTC"]);
});

test("a name cannot turn, hide or break the line that it stands in", () => {
  equal(format.name("a\u202eb\u200bc\nd\u2066"), "a\ufffdb\ufffdc\ufffdd\ufffd");
  equal(format.name("<b>שלום 🦊</b>"), "<b>שלום 🦊</b>");
  equal(format.name(null), "");
});

test("a text is shortened between characters, not within one", () => {
  equal([format.shortened("🦊🦊🦊", 3), format.shortened("🦊🦊🦊🦊", 3), format.shortened("", 3)], ["🦊🦊🦊", "🦊🦊…", ""]);
});
