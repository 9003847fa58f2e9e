// login.js: asks for the node's token, and trades it for a cookie that scripts cannot read. It is kept nowhere else.
import { byId, setText } from "./dom.js";

/** @param {() => void} entered called when the node let the reader in */
export function setUpLogin(entered) {
  const form = /** @type {HTMLFormElement} */ (byId("login"));
  const token = /** @type {HTMLInputElement} */ (byId("token"));
  const problem = byId("login-problem");

  const refuse = (/** @type {string} */ text) => {
    setText(problem, text);
    problem.hidden = text === "";
    token.setAttribute("aria-invalid", String(text !== ""));
    if (text !== "") token.select();
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    refuse("");
    form.toggleAttribute("data-busy", true);
    const status = await enter(token.value);
    form.toggleAttribute("data-busy", false);
    if (status === 204 || status === 200) {
      token.value = "";
      entered();
    } else refuse(words(status));
  });
}

/** @param {string} token @returns {Promise<number>} the HTTP status; 0: no answer; 400: no header can carry this token */
async function enter(token) {
  if (!/^[\x21-\x7e]+$/.test(token)) return 400;
  return fetch("/overview/login", { headers: { Authorization: `Bearer ${token}` }, cache: "no-store" })
    .then((response) => response.status, () => 0);
}

/** @param {number} status */
function words(status) {
  if (status === 0) return "The node cannot be reached.";
  if (status === 400 || status === 401 || status === 403) return "That is not this node's admin token.";
  return status === 429 ? "Too many tries. Wait a moment." : `The node answers HTTP ${status}.`;
}
