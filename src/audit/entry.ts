import { accountOf, roleNameOf } from "../model/arn.ts";
import { rfc3339 } from "../model/credentials.ts";
import type { AuditEvent, System } from "../system/system.ts";

/** Characters; names, ARNs' parts and request ids are shorter. */
const longest = 128;

/** What a line of the log says of an event. Every field is named here: nothing else gets into the log. */
export function entryOf(
  { now, pid }: Pick<System, "now" | "pid">,
  { event, profile, to, session, request, command }: AuditEvent,
): Readonly<Record<string, string | number>> {
  const { arn = "", account, expires } = session ?? {};
  const fields = {
    time: rfc3339(now()),
    event,
    profile,
    to,
    account: account ?? accountOf(arn),
    role: roleNameOf(arn),
    session: /:assumed-role\/[^/]+\/([^/]+)$/.exec(arn)?.[1],
    request: /^[\w.:=+-]+$/.test(request ?? "") ? request : undefined,
    expires: expires === undefined ? undefined : rfc3339(expires),
    command: command === undefined ? undefined : programName(command),
    pid,
  };
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    known.map((
      [name, value],
    ) => [name, typeof value === "string" ? value.slice(0, longest) : value]),
  ) as Record<string, string | number>;
}

/**
 * A program's name without its folder. What follows a space or an equals sign is left out: somebody may
 * have typed a whole command line as one word, or `TOKEN=… command`.
 */
export function programName(command: string): string {
  const [word = ""] = command.trim().split(/[\s=]/);
  return word.split(/[\\/]/).at(-1) ?? "";
}
