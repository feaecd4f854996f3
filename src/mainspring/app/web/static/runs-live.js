// What happened between the making of a page and its first sign from the console would be missed: while something
// moves, the page looks again a few times by itself.

import { refresh } from "./console-live.js";

for (const pause of [1200, 3000, 7000, 15000]) {
  setTimeout(() => {
    const moving = document.querySelector("[data-moving][id]");
    if (moving) refresh([moving]).catch(() => undefined);
  }, pause);
}
