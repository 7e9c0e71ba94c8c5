import { aboutProfile } from "../../../model/failure.ts";
import { defined } from "../../../model/fields.ts";
import type { Line, Option } from "../../../line/command.ts";
import type { System } from "../../../system/system.ts";
import { regionOf } from "../../../tokens/place.ts";
import {
  deedOf,
  obtain,
  obtainOptions,
  type RenewableSession,
  withGoodLife,
} from "../../profile/obtain.ts";

/** Options of a command that makes a token from a session; `taken` mean something else there. */
export function tokenOptions(region: string, ...taken: readonly string[]): readonly Option[] {
  return [
    { name: "region", value: "R", help: region },
    ...obtainOptions.filter(({ name }) => name !== "region" && !taken.includes(name))
      .map(withOwnHelp),
  ];
}

/** The usual help of `--rotate` speaks of programs. */
export function withOwnHelp(option: Option): Option {
  return option.name === "rotate" ? { ...option, help: "force a new session first" } : option;
}

export interface TokenOrigin extends RenewableSession {
  /** `--region`, or that of the profile's own calls. */
  readonly region: string;
}

/**
 * The session to make a token from, with good life left. `operands` are those of a session.
 *
 * @param offer whether to offer a choice of profiles on a terminal: not to a program that waits
 * @param taken options that mean something else for the token
 */
export async function tokenOrigin(
  line: Line,
  system: System,
  operands: readonly string[],
  { offer, taken = [] }: { readonly offer: boolean; readonly taken?: readonly string[] },
): Promise<TokenOrigin> {
  const given = { ...line, operands, values: line.values.without(taken) };
  const obtained = await obtain(given, system, { offer, inherits: true, deed: deedOf(line) });
  const session = await withGoodLife(given, system, obtained);
  const region = regionOf(system, obtained.profile, line.values.text("region"));
  return { ...obtained, session, region };
}

/** Names the profile in the errors of `work`, and in the audit log that it was done. */
export async function handingOut(
  system: System,
  { name, session, narrowed }: RenewableSession,
  token: string,
  work: () => Promise<string>,
): Promise<number> {
  const text = await work().catch((error) => {
    throw aboutProfile(error, { ...defined({ name }), isSaved: name !== undefined });
  });
  system.giveUpNetwork();
  system.out(text);
  await system.audit({ event: "token", profile: name, session, narrowed, token });
  return 0;
}
