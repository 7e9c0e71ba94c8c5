import { accountOf, roleNameOf } from "../model/arn.ts";
import type { Session } from "../model/credentials.ts";
import type { Outline } from "../model/outline.ts";

export interface ShownIdentity {
  readonly account: string | null;
  readonly role: string | null;
}

/** Whose a profile's session is, as far as its settings or its kept session tell. */
export function shownIdentity(
  { roleArns, facts: { role, principal } }: Pick<Outline, "roleArns" | "facts">,
  session: Session | undefined,
): ShownIdentity {
  const roleArn = roleArns.at(-1) ?? role?.arn;
  const own = roleArn === undefined ? role : undefined;
  const arn = session?.arn ?? roleArn ?? principal;
  return {
    account: own?.account ?? session?.account ??
      (arn === undefined ? null : accountOf(arn) ?? null),
    role: own?.name ?? (arn === undefined ? null : roleNameOf(arn) ?? null),
  };
}
