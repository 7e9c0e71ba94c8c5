import type { System, Trace } from "./system.ts";

/** Writes one line an event to standard error, with the time and what has passed since the start. */
export function traceTo(system: Pick<System, "now" | "monotonic" | "say">): Trace {
  return (event, fields = {}) => {
    const words = Object.entries(fields).filter(([, value]) => value !== undefined)
      .map(([name, value]) => ` ${name}=${typeof value === "string" ? quoted(value) : value}`);
    const time = new Date(system.now()).toISOString();
    const since = Math.round(system.monotonic());
    system.say(`athm: debug: ${time} +${since}ms ${event}${words.join("")}`);
  };
}

function quoted(text: string): string {
  return /^[\w./:@+-]+$/.test(text) ? text : JSON.stringify(text);
}
