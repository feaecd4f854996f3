// The first page comes before everything is read; what was slow is asked for again, less and less often.

import { refresh } from "./console-live.js";

let pause = 700;

async function again() {
  const home = document.querySelector("#home[data-slow]");
  if (!home || pause > 20000) return;
  await refresh([home]).catch(() => undefined);
  pause *= 2;
  setTimeout(again, pause);
}

setTimeout(again, pause);
