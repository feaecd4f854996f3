// The scene of a small lineage: the SVG that came with the page, moved and marked.

export async function open(stage) {
  const svg = stage.querySelector("svg"), inner = svg.querySelector(":scope > g");
  const wires = JSON.parse(stage.dataset.wires);
  const width = Number(svg.getAttribute("width")), height = Number(svg.getAttribute("height"));
  const links = [...inner.querySelectorAll(":scope > a")];
  const lines = [...inner.querySelectorAll(":scope > g")].filter((one) => one.querySelector(".edge"));
  const places = links.map((link) => {
    const box = link.querySelector(".box");
    return ["x", "y", "width", "height"].map((name) => Number(box.getAttribute(name)));
  });
  lines.forEach((line) => line.classList.add("wire"));
  svg.removeAttribute("viewBox");
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  stage.classList.add("alive");

  function markup(view, [wide, high]) {
    const copy = svg.cloneNode(true);
    copy.setAttribute("width", wide);
    copy.setAttribute("height", high);
    copy.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    const originals = [svg, ...svg.querySelectorAll("*")], copies = [copy, ...copy.querySelectorAll("*")];
    const names = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "opacity", "font-family", "font-size", "font-weight", "text-anchor"];
    copies.forEach((one, at) => {
      const seen = getComputedStyle(originals[at]);
      for (const name of names) one.setAttribute(name, seen.getPropertyValue(name));
      one.removeAttribute("class");
      if (one.localName === "a") one.removeAttribute("href");
    });
    const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of [["width", wide], ["height", high], ["fill", getComputedStyle(stage).backgroundColor]]) ground.setAttribute(name, value);
    copy.prepend(ground);
    return new XMLSerializer().serializeToString(copy);
  }

  return {
    width, height, ids: wires.ids, subject: wires.subject, from: wires.from, to: wires.to,
    place: (at) => places[at],
    paint(view) { inner.setAttribute("transform", `translate(${view.x.toFixed(1)} ${view.y.toFixed(1)}) scale(${view.k.toFixed(4)})`); },
    hit: (event) => links.indexOf(event.target.closest?.("a")),
    choose: (at) => links.forEach((link, place) => link.classList.toggle("chosen", place === at)),
    light(lit) {
      stage.classList.toggle("lit", lit !== null);
      links.forEach((link, at) => link.classList.toggle("on", lit !== null && lit.has(at)));
      lines.forEach((line, at) => line.classList.toggle("on", lit !== null && lit.has(wires.from[at]) && lit.has(wires.to[at])));
    },
    svg: markup,
    async png(view, wanted) {
      const image = new Image();
      image.src = "data:image/svg+xml;base64," + btoa(unescape(encodeURIComponent(markup(view, wanted))));
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = wanted.map((one) => one * 2);
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      return new Promise((done) => canvas.toBlob(done));
    },
  };
}
