import { defined } from "../model/fields.ts";
import type { System, Trace } from "./system.ts";

/** Writes a line per event to stderr, with the time and the time since the start. */
export function traceTo(system: Pick<System, "now" | "monotonic" | "say">): Trace {
  return (event, fields = {}) => {
    const words = Object.entries(defined(fields))
      .map(([name, value]) => ` ${name}=${typeof value === "string" ? quoted(value) : value}`);
    const time = new Date(system.now()).toISOString();
    const since = Math.round(system.monotonic());
    system.say(`athm: debug: ${time} +${since}ms ${event}${words.join("")}`);
  };
}

function quoted(text: string): string {
  return /^[\w./:@+-]+$/.test(text) ? text : JSON.stringify(text);
}
