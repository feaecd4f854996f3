// The scene of a large lineage: thousands of boxes on a canvas. What is small is drawn with less; while it moves, the
// last picture is moved over one of the whole, and drawn anew when it rests.

const NAMES = ["surface", "raised", "soft", "ink", "quiet", "line", "edge", "accent", "second", "third", "cached", "lost", "complete", "failed", "held", "running", "waiting", "skipped", "canceled"];
const FAMILIES = { data: "accent", checks: "cached", model: "second", product: "third", group: "lost" };
const CELL = 600, COARSE = 1600, SLOW = 14, LONG = 1400, MOST = 3200;
const FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans",sans-serif';

function palette() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue("--" + name).trim()]));
}

export async function open(stage, go, current) {
  const answer = await fetch(stage.dataset.source, { headers: { accept: "application/json" } });
  const data = await answer.json();
  if (!answer.ok) throw new Error(data.error.found);
  const [wide, high] = data.box, [width, height] = data.size, count = data.x.length;
  const X = Int32Array.from(data.x), Y = Int32Array.from(data.y), from = Int32Array.from(data.from), to = Int32Array.from(data.to);
  const erased = new Set(data.erased), good = new Set(data.good), bad = new Set(data.bad), through = new Uint8Array(from.length);
  for (const at of data.through) through[at] = 1;
  const long = Uint8Array.from(from, (start, at) => Math.hypot(X[start] - X[to[at]], Y[start] - Y[to[at]]) > LONG);
  const family = data.families.map((name) => FAMILIES[name] || "edge");

  const cells = new Map();
  for (let at = 0; at < count; at++) {
    const name = Math.floor(X[at] / CELL) + ":" + Math.floor(Y[at] / CELL);
    if (!cells.has(name)) cells.set(name, []);
    cells.get(name).push(at);
  }

  stage.replaceChildren();
  stage.classList.add("alive");
  const canvas = stage.appendChild(document.createElement("canvas")), pen = canvas.getContext("2d");
  const map = stage.appendChild(document.createElement("canvas"));
  map.className = "overview";
  map.setAttribute("aria-hidden", "true");
  const kept = document.createElement("canvas"), whole = document.createElement("canvas");
  let colours = palette(), keptView = null, slow = false, lit = null, chosen = -1, pointed = -1, ratio = 1;

  // ---- Drawing

  function inSight(view, [w, h]) {
    const left = -view.x / view.k - wide, top = -view.y / view.k - high;
    return [left, top, left + w / view.k + 2 * wide, top + h / view.k + 2 * high];
  }

  // Of very many that lie over each other, some look like all.
  function lines(on, [left, top, right, bottom], curved, wanted) {
    const found = [];
    for (let at = 0; at < from.length; at++) {
      if (!wanted(at)) continue;
      const x = X[from[at]] + wide / 2, y = Y[from[at]] + high, toX = X[to[at]] + wide / 2, toY = Y[to[at]];
      if (Math.max(x, toX) < left || Math.min(x, toX) > right || Math.max(y, toY) < top || Math.min(y, toY) > bottom) continue;
      found.push(at);
    }
    const most = curved ? MOST / 4 : MOST, every = Math.ceil(found.length / most), bent = curved && found.length <= most;
    on.beginPath();
    for (let place = 0; place < found.length; place += every) {
      const at = found[place], x = X[from[at]] + wide / 2, y = Y[from[at]] + high, toX = X[to[at]] + wide / 2, toY = Y[to[at]];
      on.moveTo(x, y);
      if (bent) {
        const middle = (y + toY) / 2;
        on.bezierCurveTo(x, middle, toX, middle, toX, toY);
      } else on.lineTo(toX, toY);
    }
    on.stroke();
  }

  function seen([left, top, right, bottom]) {
    const found = [];
    for (let at = 0; at < count; at++) if (X[at] < right && X[at] + wide > left && Y[at] < bottom && Y[at] + high > top) found.push(at);
    return found;
  }

  function dots(on, places, k) {
    const w = Math.max(wide, 2.4 / k), h = Math.max(high, 2.4 / k);
    const groups = family.map(() => []);
    for (const at of places) groups[data.family[at]].push(at);
    groups.forEach((group, number) => {
      on.fillStyle = colours[family[number]];
      for (const at of group) on.fillRect(X[at], Y[at], w, h);
    });
  }

  function words(at, text, x, y, room) {
    if (text.length * 7 > room) while (text && pen.measureText(text + "…").width > room) text = text.slice(0, -1 - (text.length >> 4));
    if (text !== data.words[data.label[at]] && text !== data.words[data.detail[at]]) text += "…";
    pen.fillText(text, x, y);
  }

  function box(at, k) {
    const x = X[at], y = Y[at], step = data.families[data.family[at]] === "step";
    const mark = good.has(at) ? "complete" : bad.has(at) ? "failed" : step ? "" : family[data.family[at]];
    pen.globalAlpha = lit && !lit.has(at) ? 0.25 : 1;
    pen.beginPath();
    pen.roundRect(x, y, wide, high, step ? 22 : 9);
    pen.fillStyle = at === data.subject ? colours.soft : step ? colours.raised : colours.surface;
    pen.fill();
    pen.lineWidth = at === chosen ? 3 : at === data.subject || at === pointed ? 2.2 : 1.2;
    pen.strokeStyle = at === chosen || at === data.subject || at === pointed ? colours.accent : colours.edge;
    if (erased.has(at)) pen.setLineDash([5, 3]);
    pen.stroke();
    pen.setLineDash([]);
    if (mark) {
      pen.fillStyle = colours[mark];
      pen.fillRect(x, y + 9, 4, high - 18);
    }
    const state = data.states[data.state[at]];
    let start = x + 14;
    if (step && state) {
      pen.beginPath();
      pen.arc(x + 20, y + high / 2, 6, 0, 7);
      pen.fillStyle = colours[state];
      pen.fill();
      start = x + 34;
    }
    if (k < 0.36) return;
    const detail = k > 0.5 ? data.words[data.detail[at]] : "", room = x + wide - 10 - start;
    pen.fillStyle = colours.ink;
    pen.font = `600 ${k > 0.5 ? 13 : 16}px ${FONT}`;
    words(at, data.words[data.label[at]], start, y + (detail ? 20 : high / 2 + 5), room);
    if (!detail) return;
    pen.fillStyle = colours.quiet;
    pen.font = `11.5px ${FONT}`;
    words(at, detail, start, y + 36, room);
  }

  function draw(view) {
    const started = performance.now(), k = view.k, range = inSight(view, [stage.clientWidth, stage.clientHeight]);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.setTransform(k * ratio, 0, 0, k * ratio, view.x * ratio, view.y * ratio);
    const places = seen(range), curved = k > 0.14 && places.length < 2500;
    pen.lineWidth = Math.max(1.2, 0.7 / k);
    pen.strokeStyle = colours.edge;
    const strength = lit ? 0.12 : k < 0.14 ? 0.35 : 0.75;
    pen.globalAlpha = strength;
    lines(pen, range, curved, (at) => !through[at] && !long[at]);
    pen.globalAlpha = strength * (k < 0.14 ? 0.3 : 0.35);
    lines(pen, range, curved, (at) => !through[at] && long[at]);
    pen.globalAlpha = strength;
    if (data.through.length) {
      pen.setLineDash([6, 4]);
      lines(pen, range, curved, (at) => through[at]);
      pen.setLineDash([]);
    }
    if (lit) {
      pen.globalAlpha = 1;
      pen.strokeStyle = colours.accent;
      pen.lineWidth = Math.max(1.8, 1.1 / k);
      lines(pen, range, curved, (at) => lit.has(from[at]) && lit.has(to[at]));
    }
    if (k < 0.2) {
      pen.globalAlpha = lit ? 0.2 : 1;
      dots(pen, places, k);
      pen.globalAlpha = 1;
      if (lit) dots(pen, places.filter((at) => lit.has(at)), k);
      for (const at of [data.subject, chosen]) if (at >= 0) ring(at, k);
    } else for (const at of places) box(at, k);
    pen.globalAlpha = 1;
    slow = performance.now() - started > SLOW || places.length > 1200;
    if (slow) keep(view);
    else keptView = null;
  }

  function ring(at, k) {
    pen.strokeStyle = colours.accent;
    pen.lineWidth = 2.5 / k;
    const more = 4 / k;
    pen.strokeRect(X[at] - more, Y[at] - more, wide + 2 * more, high + 2 * more);
  }

  function keep(view) {
    kept.width = canvas.width;
    kept.height = canvas.height;
    kept.getContext("2d").drawImage(canvas, 0, 0);
    keptView = { ...view };
  }

  // The part of the whole that is in sight.
  function under(view) {
    const scale = whole.width / width;
    const left = Math.max(0, -view.x / view.k), top = Math.max(0, -view.y / view.k);
    const right = Math.min(width, (stage.clientWidth - view.x) / view.k), bottom = Math.min(height, (stage.clientHeight - view.y) / view.k);
    if (right <= left || bottom <= top) return;
    pen.drawImage(whole, left * scale, top * scale, (right - left) * scale, (bottom - top) * scale,
      left * view.k + view.x, top * view.k + view.y, (right - left) * view.k, (bottom - top) * view.k);
  }

  function shift(view) {
    const k = view.k / keptView.k;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, stage.clientWidth, stage.clientHeight);
    const x = view.x - keptView.x * k, y = view.y - keptView.y * k, w = stage.clientWidth * k, h = stage.clientHeight * k;
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, stage.clientWidth, stage.clientHeight);
    pen.rect(x, y, w, h);
    pen.clip("evenodd");
    under(view);
    pen.restore();
    pen.drawImage(kept, x, y, w, h);
  }

  // ---- All of it, small: under what moves, and in the corner

  function overview() {
    const scale = Math.min(1, COARSE / Math.max(width, height));
    whole.width = Math.max(1, Math.ceil(width * scale));
    whole.height = Math.max(1, Math.ceil(height * scale));
    const on = whole.getContext("2d");
    on.scale(scale, scale);
    on.strokeStyle = colours.edge;
    on.lineWidth = 0.7 / scale;
    for (const far of [0, 1]) {
      on.globalAlpha = far ? 0.1 : 0.35;
      lines(on, [-Infinity, -Infinity, Infinity, Infinity], false, (at) => long[at] === far);
    }
    on.globalAlpha = 1;
    dots(on, Array.from({ length: count }, (_, at) => at), scale);
  }

  function corner(view) {
    const scale = Math.min(180 / width, 130 / height);
    const w = Math.max(24, width * scale), h = Math.max(24, height * scale);
    if (map.width !== Math.round(w * ratio)) {
      [map.width, map.height] = [w * ratio, h * ratio].map(Math.round);
      map.style.width = w + "px";
      map.style.height = h + "px";
    }
    const on = map.getContext("2d");
    on.setTransform(ratio, 0, 0, ratio, 0, 0);
    on.clearRect(0, 0, w, h);
    on.drawImage(whole, 0, 0, width * scale, height * scale);
    const [left, top, right, bottom] = [-view.x, -view.y, stage.clientWidth - view.x, stage.clientHeight - view.y].map((one) => (one / view.k) * scale);
    on.fillStyle = colours.accent;
    on.globalAlpha = 0.16;
    on.fillRect(left, top, right - left, bottom - top);
    on.globalAlpha = 1;
    on.strokeStyle = colours.accent;
    on.lineWidth = 1.5;
    on.strokeRect(left, top, Math.max(4, right - left), Math.max(4, bottom - top));
    map.hidden = stage.clientWidth < 420 || view.k <= Math.min(stage.clientWidth / width, stage.clientHeight / height);
  }

  function steer(event) {
    if (event.type === "pointermove" && !event.buttons) return;
    event.stopPropagation();
    const scale = Math.min(180 / width, 130 / height), box = map.getBoundingClientRect();
    const x = (event.clientX - box.left) / scale, y = (event.clientY - box.top) / scale;
    go(stage.clientWidth / 2 - x * current.k, stage.clientHeight / 2 - y * current.k);
  }
  for (const name of ["pointerdown", "pointermove"]) map.addEventListener(name, steer);

  // ---- Files

  function markup(view, [w, h]) {
    const range = inSight(view, [w, h]), places = seen(range), parts = [], say = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
    for (let at = 0; at < from.length; at++) {
      const x = X[from[at]] + wide / 2, y = Y[from[at]] + high, toX = X[to[at]] + wide / 2, toY = Y[to[at]], middle = (y + toY) / 2;
      if (Math.max(x, toX) < range[0] || Math.min(x, toX) > range[2] || Math.max(y, toY) < range[1] || Math.min(y, toY) > range[3]) continue;
      parts.push(`<path d="M${x} ${y}C${x} ${middle} ${toX} ${middle} ${toX} ${toY}" fill="none" stroke="${colours.edge}"${through[at] ? ' stroke-dasharray="6 4"' : ""}/>`);
    }
    for (const at of places) {
      const step = data.families[data.family[at]] === "step";
      parts.push(`<rect x="${X[at]}" y="${Y[at]}" width="${wide}" height="${high}" rx="${step ? 22 : 9}" fill="${colours.surface}" stroke="${at === data.subject ? colours.accent : colours[family[data.family[at]]]}"/>`
        + `<text x="${X[at] + 14}" y="${Y[at] + 20}" font-size="13" font-weight="600" fill="${colours.ink}">${say(data.words[data.label[at]])}</text>`
        + `<text x="${X[at] + 14}" y="${Y[at] + 36}" font-size="11.5" fill="${colours.quiet}">${say(data.words[data.detail[at]].slice(0, 26))}</text>`);
    }
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" font-family="sans-serif"><rect width="${w}" height="${h}" fill="${colours.surface}"/><g transform="translate(${view.x} ${view.y}) scale(${view.k})">${parts.join("")}</g></svg>`;
  }

  function resize() {
    ratio = Math.min(2, devicePixelRatio || 1);
    canvas.width = stage.clientWidth * ratio;
    canvas.height = stage.clientHeight * ratio;
    keptView = null;
  }

  function recolour() {
    colours = palette();
    keptView = null;
    overview();
    scene.paint(current);
  }
  new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme:dark)").addEventListener("change", recolour);

  const scene = {
    width, height, ids: data.id, subject: data.subject, from, to, resize,
    place: (at) => [X[at], Y[at], wide, high],
    paint(view, quick = false) {
      if (quick && keptView) shift(view);
      else draw(view);
      corner(view);
    },
    hit(event, [x, y], view) {
      const worldX = (x - view.x) / view.k, worldY = (y - view.y) / view.k, near = view.k < 0.2 ? 5 / view.k : 0;
      for (let column = Math.floor((worldX - wide - near) / CELL); column <= Math.floor((worldX + near) / CELL); column++) {
        for (let row = Math.floor((worldY - high - near) / CELL); row <= Math.floor((worldY + near) / CELL); row++) {
          const found = (cells.get(column + ":" + row) || []).find((at) => worldX >= X[at] - near && worldX <= X[at] + wide + near && worldY >= Y[at] - near && worldY <= Y[at] + high + near);
          if (found !== undefined) return found;
        }
      }
      return -1;
    },
    choose(at) { chosen = at; },
    light(found, at) { lit = found; pointed = at; },
    svg: markup,
    png: () => new Promise((done) => canvas.toBlob(done)),
  };
  resize();
  overview();
  return scene;
}
