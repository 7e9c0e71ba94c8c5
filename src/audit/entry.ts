import { accountOf, roleNameOf } from "../model/arn.ts";
import { rfc3339 } from "../model/credentials.ts";
import { defined } from "../model/fields.ts";
import type { AuditEvent, System } from "../system/system.ts";

/** In characters; names, parts of ARNs and request IDs are shorter. */
const longest = 128;

/** The fields of a log line. It lists every field explicitly, so nothing else can reach the log. */
export function entryOf(
  { now, pid }: Pick<System, "now" | "pid">,
  { event, profile, to, client, session, request, narrowed, token, command }: AuditEvent,
): Readonly<Record<string, string | number>> {
  const { arn = "", account, expires } = session ?? {};
  const fields = defined({
    time: rfc3339(now()),
    event,
    profile,
    to,
    client,
    account: account ?? accountOf(arn),
    role: roleNameOf(arn),
    session: /:assumed-role\/[^/]+\/([^/]+)$/.exec(arn)?.[1],
    narrowed,
    token,
    request: /^[\w.:=+-]+$/.test(request ?? "") ? request : undefined,
    expires: expires === undefined ? undefined : rfc3339(expires),
    command: command === undefined ? undefined : programName(command),
    pid,
  });
  const cut = (value: string | number) =>
    typeof value === "string" ? value.slice(0, longest) : value;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, cut(value)]));
}

/** A program's name without folder, cut at a space or `=`: it may be a whole command line. */
export function programName(command: string): string {
  const [word = ""] = command.trim().split(/[\s=]/);
  return word.split(/[\\/]/).at(-1) ?? "";
}
