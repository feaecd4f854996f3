// What every script needs: addresses under the prefix, the API with the seal of this page, and a word to the reader.

export const root = document.querySelector("meta[name=mainspring-root]").content;
const seal = document.querySelector("meta[name=mainspring-seal]").content;

export const all = (query, within = document) => [...within.querySelectorAll(query)];
export const address = (path) => root + path;

export async function ask(method, path, body) {
  const headers = { accept: "application/json", "x-mainspring-seal": seal };
  if (body !== undefined) headers["content-type"] = "application/json";
  const answer = await fetch(address("/api" + path), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(told.error.found), told.error);
  return told;
}

export function tell(words, failed = false) {
  const toast = document.createElement("div");
  toast.className = failed ? "toast failed" : "toast";
  toast.textContent = words;
  document.querySelector(".toasts").append(toast);
  setTimeout(() => toast.remove(), failed ? 9000 : 4500);
}
