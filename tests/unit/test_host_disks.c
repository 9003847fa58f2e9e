/* test_host_disks.c — each block device once, and none behind what may hang. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "host/host_disks.h"

#define ROOT "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n"
#define PROC "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
#define DEV "24 27 0:6 / /dev rw,relatime - devtmpfs devtmpfs rw,size=12331664k\n"
#define DATA "40 27 8:17 / /data rw shared:5 master:3 - xfs /dev/sdb1 rw\n"

/* The paths that are found, each followed by a blank. */
static void assert_found(const char *mountinfo, const char *want)
{
    static char text[8192];
    static struct host_disk disks[HOST_DISKS_MAX];
    char found[8192] = "";
    assert_true(strlen(mountinfo) < sizeof(text));
    strcpy(text, mountinfo);
    size_t count = host_disks_find(text, disks, HOST_DISKS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(disks[i].mount_len, strlen(disks[i].mount));
        assert_int_equal(disks[i].total, 0);
        strcat(strcat(found, disks[i].mount), "|");
    }
    assert_string_equal(found, want);
}

static void test_host_disks_are_the_block_devices(void **state)
{
    (void)state;
    assert_found(PROC ROOT DEV DATA "50 27 0:40 / /run rw - tmpfs tmpfs rw\n"
                                    "51 27 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro",
                 "/|/data|/snap/core/1|");
}

static void test_host_disks_of_no_mounts(void **state)
{
    (void)state;
    assert_found("", "");
    assert_found(PROC DEV, "");
}

static void test_host_disks_name_a_device_once(void **state)
{
    (void)state;
    assert_found(ROOT DATA "60 27 254:0 /srv /mnt/bind rw - ext4 /dev/root rw\n"
                           "61 27 8:17 / /data rw - xfs /dev/sdb1 rw\n",
                 "/|/data|");
}

static void test_host_disks_name_a_btrfs_once(void **state)
{
    (void)state;
    assert_found("27 1 0:30 /@ / rw - btrfs /dev/sda2 rw,subvol=/@\n"
                 "40 27 0:41 /@home /home rw - btrfs /dev/sda2 rw,subvol=/@home\n"
                 "41 27 0:42 / /other rw - btrfs /dev/sda22 rw\n",
                 "/|/other|");
}

static void test_host_disks_leave_out_networks_and_fuse(void **state)
{
    (void)state;
    assert_found(ROOT "70 27 0:50 / /mnt/nfs rw - nfs4 server:/dev/export rw\n"
                      "71 27 0:51 / /mnt/cifs rw - cifs //server/share rw\n"
                      "72 27 0:52 / /mnt/ssh rw - fuse.sshfs /dev/fuse rw\n"
                      "73 27 0:53 / /mnt/fuse rw - fuse /dev/fuse rw\n"
                      "74 27 0:54 / /mnt/pool rw - zfs /dev rw\n"
                      "75 27 8:33 / /mnt/ntfs rw - fuseblk /dev/sdc1 rw\n",
                 "/|/mnt/ntfs|");
}

static void test_host_disks_leave_out_what_lies_behind_a_network(void **state)
{
    (void)state;
    static const char nfs[] = "70 27 0:50 / /mnt/nfs rw - nfs4 server:/export rw\n";
    static const char disks[] = "80 70 8:33 / /mnt/nfs/disk rw - ext4 /dev/sdc1 rw\n"
                                "81 70 8:34 / /mnt/nfs rw - ext4 /dev/sdc2 rw\n"
                                "82 27 8:35 / /mnt/nfs2 rw - ext4 /dev/sdc3 rw\n"
                                "83 27 8:36 / /mnt rw - ext4 /dev/sdc4 rw\n";
    char text[1000];
    strcat(strcpy(text, nfs), disks);
    assert_found(text, "/mnt/nfs2|/mnt|");
    strcat(strcpy(text, disks), nfs); /* the order says nothing: mounts can be moved */
    assert_found(text, "/mnt/nfs2|/mnt|");
}

static void test_host_disks_may_lie_behind_what_cannot_hang(void **state)
{
    (void)state;
    assert_found("27 1 0:60 / / rw - overlay overlay rw,lowerdir=/a\n"
                 "50 27 0:40 / /run rw - tmpfs tmpfs rw\n"
                 "51 50 8:1 / /run/media/stick rw - vfat /dev/sda1 rw\n"
                 "52 27 0:41 / /efi rw - autofs systemd-1 rw,fd=40\n"
                 "53 52 8:2 / /efi rw - vfat /dev/sda2 rw\n",
                 "/run/media/stick|/efi|");
}

static void test_host_disks_may_lie_behind_any_root(void **state)
{
    (void)state;
    assert_found("27 1 0:60 / / rw - nfs4 server:/root rw\n" DATA, "/data|");
    assert_found("27 1 0:60 / / rw - virtiofs root rw\n" DATA, "/data|");
}

static void test_host_disks_unescape_their_paths(void **state)
{
    (void)state;
    assert_found("40 27 8:1 / /a\\040b\\134c\\011\\012 rw - ext4 /dev/sda1 rw\n", "/a b\\c\t\n|");
    assert_found("40 27 8:1 / /a\\04 rw - ext4 /dev/sda1 rw\n"
                 "41 27 8:2 / /b\\08 rw - ext4 /dev/sda2 rw\n"
                 "42 27 8:3 / /\\400\\ rw - ext4 /dev/sda3 rw\n",
                 "/a\\04|/b\\08|/\\400\\|");
    assert_found("70 27 0:50 / /a\\040b rw - nfs4 server:/x rw\n"
                 "40 27 8:1 / /a\\040b/c rw - ext4 /dev/sda1 rw\n",
                 "");
}

static void test_host_disks_skip_lines_that_do_not_parse(void **state)
{
    (void)state;
    assert_found("\n"
                 "40\n"
                 "40 27 8:1 / /a rw - ext4\n"
                 "40 27 8:1 / /a rw ext4 /dev/sda1 rw\n"
                 "40 27 8 / /a rw - ext4 /dev/sda1 rw\n"
                 "40 27 8:x / /a rw - ext4 /dev/sda1 rw\n"
                 "40 27 8:1x / /a rw - ext4 /dev/sda1 rw\n"
                 "40 27 x:1 / /a rw - ext4 /dev/sda1 rw\n" ROOT "40 27 8:1 / /a rw - ext4",
                 "/|");
}

static void test_host_disks_find_no_more_than_there_is_room_for(void **state)
{
    (void)state;
    char text[] = ROOT DATA "41 27 8:3 / /c rw - ext4 /dev/sda3 rw\n";
    struct host_disk disks[2];
    assert_int_equal(host_disks_find(text, disks, 2), 2);
    assert_string_equal(disks[1].mount, "/data");
    assert_int_equal(disks[1].major, 8);
    assert_int_equal(disks[1].minor, 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_disks_are_the_block_devices),
        cmocka_unit_test(test_host_disks_of_no_mounts),
        cmocka_unit_test(test_host_disks_name_a_device_once),
        cmocka_unit_test(test_host_disks_name_a_btrfs_once),
        cmocka_unit_test(test_host_disks_leave_out_networks_and_fuse),
        cmocka_unit_test(test_host_disks_leave_out_what_lies_behind_a_network),
        cmocka_unit_test(test_host_disks_may_lie_behind_what_cannot_hang),
        cmocka_unit_test(test_host_disks_may_lie_behind_any_root),
        cmocka_unit_test(test_host_disks_unescape_their_paths),
        cmocka_unit_test(test_host_disks_skip_lines_that_do_not_parse),
        cmocka_unit_test(test_host_disks_find_no_more_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
