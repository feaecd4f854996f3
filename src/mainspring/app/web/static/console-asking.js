// What every script needs: addresses under the prefix, the API with the seal of this page, and a word to the reader.

export const root = document.querySelector("meta[name=mainspring-root]").content;
const seal = document.querySelector("meta[name=mainspring-seal]");

export const all = (query, within = document) => [...within.querySelectorAll(query)];
export const address = (path) => root + path;

// A page that was open while its reader was signed out, and in again, goes on: its forms get a seal of the new session.
// It tells who they are now, for it may be somebody else; nobody, if they are still signed out.
export async function sealAnew() {
  const answer = await fetch(address("/users/me"), { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const was = document.querySelector(".who b").textContent, fresh = page.querySelector("meta[name=mainspring-seal]").content;
  seal.content = fresh;
  for (const field of all("input[name='-seal']")) field.value = fresh;
  document.querySelector(".who").replaceWith(document.adoptNode(page.querySelector(".who")));
  const name = document.querySelector(".who b").textContent;
  return { name, same: name === was };
}

// What a page asks by itself: it does not keep its reader signed in.
export const QUIET = { "x-mainspring-quiet": "yes" };

async function asked(method, path, body, more) {
  const headers = { accept: "application/json", "x-mainspring-seal": seal.content, ...more };
  if (body !== undefined) headers["content-type"] = "application/json";
  const answer = await fetch(address("/api" + path), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  return [answer, await answer.json()];
}

export async function ask(method, path, body, more = {}) {
  let [answer, told] = await asked(method, path, body, more);
  if (told.error?.code === "OLD_FORM" && (await sealAnew())?.same) [answer, told] = await asked(method, path, body, more);
  if (!answer.ok) throw Object.assign(new Error(told.error.found), told.error);
  return told;
}

// What failed stays until it is closed; other words stay long enough to be read.
export function tell(words, failed = false) {
  const toast = document.createElement("div");
  toast.className = failed ? "toast failed" : "toast";
  toast.textContent = words;
  if (failed) {
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "Close";
    close.addEventListener("click", () => toast.remove());
    toast.append(close);
  } else setTimeout(() => toast.remove(), Math.max(4500, 70 * words.length));
  document.querySelector(".toasts").append(toast);
}
