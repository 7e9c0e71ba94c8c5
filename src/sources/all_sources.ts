import { type Decoder, ofKind } from "../model/decode.ts";
import { usage } from "../model/failure.ts";
import type { Source } from "../model/profile.ts";
import { grouped, type Option } from "../line/command.ts";
import type { Values } from "../line/values.ts";
import { ambient } from "./ambient.ts";
import { awsLogin } from "./aws_login.ts";
import { identityCenter } from "./identity_center.ts";
import { keys } from "./keys.ts";
import { profile } from "./profile.ts";
import { rolesAnywhere } from "./roles_anywhere.ts";
import { saml } from "./saml.ts";
import type { Facts, SourceKind } from "./source.ts";
import { webIdentity } from "./web_identity.ts";

/** Every source by kind. `add` offers the first one first. */
const table: { readonly [K in Source["kind"]]: SourceKind<Extract<Source, { kind: K }>> } = {
  keys,
  saml,
  "identity-center": identityCenter,
  "aws-login": awsLogin,
  "web-identity": webIdentity,
  "roles-anywhere": rolesAnywhere,
  ambient,
  profile,
};

export const sources = Object.values(table) as unknown as readonly SourceKind[];

export function sourceOf<S extends Source>(source: S): SourceKind<S> {
  // The table's type guarantees this, but TypeScript cannot follow it.
  return table[source.kind] as unknown as SourceKind<S>;
}

export function factsOf(source: Source): Facts {
  return sourceOf(source).facts(source);
}

export const decodeSource: Decoder<Source> = ofKind((word) =>
  sources.find(({ kind }) => kind === word)?.decode
);

export const sourceOptions: readonly Option[] = grouped(
  "Source (one)",
  sources.flatMap(({ options }) => options),
);

/** The source chosen by the options, if any. @throws {Failure} `usage` if there are several */
export function chosenSource(values: Values): SourceKind | undefined {
  const chosen = sources.filter(({ chosenBy }) => chosenBy.some((name) => values.has(name)));
  if (chosen.length > 1) {
    const names = chosen.flatMap(({ chosenBy }) => chosenBy.filter((name) => values.has(name)));
    throw usage(
      `${names.map((name) => `--${name}`).join(" and ")} belong to different sources`,
      "a profile has one source",
    );
  }
  const [kind] = chosen;
  const strange = sources.filter((each) => each !== kind)
    .flatMap(({ options }) => options).find(({ name }) => values.has(name));
  if (strange) {
    const owner = sources.find(({ options }) => options.includes(strange));
    throw usage(
      `--${strange.name} is only allowed with the source ${owner?.kind}`,
      `it requires ${owner?.chosenBy.map((name) => `--${name}`).join(" or ")}`,
    );
  }
  return kind;
}
