// What is heard of the console: one connection for all pages of a browser, which has no more than six of them. Pages say
// what they follow and which state of it they show; what is not so any more is told at once, so nothing is missed.

const LOST = 6000; // until pages are told that nothing is heard
const AGAIN = 5000; // until it is tried again where the browser has given up

export class Feed {
  constructor(events) {
    this.events = events; // the address that tells of changes
    this.pages = new Map(); // the port of a page, to its stamps by topic
    this.asked = new Set();
  }

  // A page sends {stamps: [[topic, stamp], …]}, again when it shows something newer, and {gone: true}.
  take(port) {
    port.onmessage = ({ data }) => {
      const known = this.pages.has(port);
      if (data.gone) this.pages.delete(port);
      else this.pages.set(port, new Map(data.stamps));
      if (!this.pages.size || (!data.gone && !(known && data.stamps.every(([topic]) => this.asked.has(topic))))) this.soon();
    };
  }

  soon() {
    clearTimeout(this.next);
    this.next = setTimeout(() => this.listen(), 20);
  }

  // Where pages show different states of a topic, one of them is behind: the stamp is left empty, which no state has.
  stamps() {
    const found = new Map();
    for (const stamps of this.pages.values())
      for (const [topic, stamp] of stamps) found.set(topic, found.has(topic) && found.get(topic) !== stamp ? "" : stamp);
    return [...found].sort();
  }

  listen() {
    const stamps = this.stamps();
    this.asked = new Set(stamps.map(([topic]) => topic));
    this.source?.close();
    if (!stamps.length) return this.heard();
    const query = stamps.flatMap(([topic, stamp]) => [["on", topic], ["seen", `${topic}=${stamp}`]]);
    this.source = new EventSource(`${this.events}?${new URLSearchParams(query)}`);
    this.source.onopen = () => this.heard();
    this.source.onerror = () => this.failed();
    this.source.addEventListener("changed", ({ data }) => {
      for (const [port, topics] of this.pages) if (topics.has(data)) port.postMessage({ changed: data });
    });
  }

  heard() {
    clearTimeout(this.late);
    this.late = undefined;
    this.tell({ lost: false });
  }

  failed() {
    this.late ??= setTimeout(() => this.tell({ lost: true }), LOST);
    if (this.source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.next);
    this.next = setTimeout(() => this.listen(), AGAIN);
  }

  tell(news) {
    for (const port of this.pages.keys()) port.postMessage(news);
  }
}

// As a worker that all pages share; where browsers have none, each page has a feed of its own.
if (typeof SharedWorkerGlobalScope === "function") {
  const feed = new Feed(new URLSearchParams(self.location.search).get("events"));
  self.onconnect = ({ ports: [port] }) => feed.take(port);
}
