import { formatDuration } from "../model/duration.ts";
import { platforms } from "../system/platforms.ts";
import { type Check, failed, ok, warning } from "./check.ts";
import { ask } from "./endpoints.ts";

/** Milliseconds: the Date header has whole seconds, and responses take time. */
const agree = 10_000;
/** AWS accepts a signature for 5 minutes; not every SDK corrects the clock as athm does. */
const refused = 5 * 60_000;

/** The machine's clock against the Date header of STS. */
export const clockCheck: Check = async ({ platform }, shared) => {
  const { asked } = await ask(shared);
  for (const { probe } of asked) {
    if ("failure" in probe || probe.answer.headers.has("age")) continue;
    const theirs = Date.parse(probe.answer.headers.get("date") ?? "");
    if (Number.isNaN(theirs)) continue;
    const skew = theirs - (probe.sent + probe.received) / 2;
    const host = new URL(probe.url).host;
    if (Math.abs(skew) < agree) return [ok(`matches ${host}`)];
    const text = `it is ${formatDuration(Math.abs(skew) / 1000)} ${
      skew > 0 ? "behind" : "ahead of"
    } ${host}`;
    return [(Math.abs(skew) < refused ? warning : failed)(text, platforms[platform].setClock)];
  }
  return [warning("clock not checked: no endpoint was reachable")];
};
