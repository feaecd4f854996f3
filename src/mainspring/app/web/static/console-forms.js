// Forms: sent without leaving the page; what is wrong is told where it was filled in.

import { address, sealAnew, tell } from "./console-asking.js";
import { refresh } from "./console-live.js";

function confirmed(words) {
  const dialog = document.getElementById("confirm");
  dialog.querySelector("h2").textContent = words;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

// What is wrong with single fields is for the page to show, where it knows them.
function showProblem(form, error) {
  form.dispatchEvent(new CustomEvent("refused", { bubbles: true, detail: error }));
  let place = form.querySelector(":scope > .problem");
  if (form.classList.contains("inline")) return tell([error.found, error.fix].filter(Boolean).join(": "), true);
  if (!place) {
    place = document.createElement("p");
    place.className = "problem";
    place.setAttribute("role", "alert");
    form.append(place);
  }
  place.textContent = error.code === "UNAUTHENTICATED" ? "" : (error.where ? error.where + ": " : "") + error.found;
  if (error.code === "UNAUTHENTICATED") return place.append(...signedOut());
  for (const [label, text] of [["Expected: ", error.expected], ["", error.fix]]) {
    if (!text) continue;
    const line = document.createElement("small");
    line.textContent = label + text;
    place.append(line);
  }
  place.scrollIntoView({ block: "nearest" });
}

// What was typed stays where it is, and is sent again once its writer has signed in in another tab.
function signedOut() {
  const link = document.createElement("a"), more = document.createElement("small");
  link.href = address("/sign-in?then=/users/me");
  link.target = "_blank";
  link.textContent = "sign in in another tab";
  more.append("Nothing was sent, and what you filled in stays here: ", link, ", come back, and press again.");
  return ["You are signed out.", more];
}

// What was decided about a state that is over was not done: the reader is told, and sees the state that is.
function showWhatIsSo(form, error) {
  form.closest("dialog")?.close();
  tell(error.found, true);
  return refresh(undefined, form);
}

async function sent(form, button) {
  const fields = new URLSearchParams(new FormData(form, button));
  const action = button?.hasAttribute("formaction") ? button.formAction : form.action;
  const answer = await fetch(action, { method: "POST", headers: { accept: "application/json" }, body: fields });
  return [answer, await answer.json()];
}

async function send(form, button) {
  let [answer, told] = await sent(form, button);
  if (told.error?.code === "OLD_FORM") {
    const now = await sealAnew();
    if (now?.same) [answer, told] = await sent(form, button);
    else if (now) told.error = { found: `You are signed in as ${now.name} now`, fix: "press again to send it in that name" };
  }
  if (answer.status === 409 && form.elements.seen) return showWhatIsSo(form, told.error);
  if (!answer.ok) return showProblem(form, told.error);
  form.querySelector(":scope > .problem")?.remove();
  form.dispatchEvent(new CustomEvent("sent", { bubbles: true, detail: told }));
  form.closest("dialog")?.close();
  const there = new URL(told.then, location.href);
  if (there.pathname + there.search === location.pathname + location.search) {
    if (told.told) tell(told.told);
    return refresh(undefined, form);
  }
  if (told.told) sessionStorage.setItem("told", told.told);
  location.assign(there);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-act]")) return;
  event.preventDefault();
  const button = event.submitter;
  if (button?.getAttribute("aria-busy") === "true") return;
  if (form.dataset.confirm && !(await confirmed(form.dataset.confirm))) return;
  button?.setAttribute("aria-busy", "true");
  try {
    await send(form, button);
  } catch (error) {
    showProblem(form, { found: "The console does not answer", fix: "see that it still runs, and try again" });
  } finally {
    button?.removeAttribute("aria-busy");
  }
});
