import { usage } from "../model/failure.ts";
import type { Source } from "../model/profile.ts";
import type { Option } from "../line/command.ts";
import type { Values } from "../line/values.ts";
import { ambient } from "./ambient.ts";
import { identityCenter } from "./identity_center.ts";
import { keys } from "./keys.ts";
import { profile } from "./profile.ts";
import { saml } from "./saml.ts";
import type { SourceKind } from "./source.ts";
import { webIdentity } from "./web_identity.ts";

/** Every source, by the kind that its settings name. The first is the one that `add` asks about. */
export const sources: { readonly [K in Source["kind"]]: SourceKind<Extract<Source, { kind: K }>> } =
  {
    keys,
    saml,
    "identity-center": identityCenter,
    "web-identity": webIdentity,
    ambient,
    profile,
  };

/** The source of these settings. */
export function sourceOf<S extends Source>(source: S): SourceKind<S> {
  // The table's type says it already, but not in a way that TypeScript can follow.
  return sources[source.kind] as unknown as SourceKind<S>;
}

const all = Object.values(sources) as unknown as readonly SourceKind[];

/** The options of all sources, for the commands that take a source. */
export const sourceOptions: readonly Option[] = all.flatMap(({ options }) => options);

/**
 * The source that the given options choose, or nothing when none does.
 *
 * @throws {Failure} `usage` when they belong to more than one.
 */
export function chosenSource(values: Values): SourceKind | undefined {
  const chosen = all.filter(({ chosenBy }) => chosenBy.some((name) => values.has(name)));
  if (chosen.length > 1) {
    const names = chosen.flatMap(({ chosenBy }) => chosenBy.filter((name) => values.has(name)));
    throw usage(
      `${names.map((name) => `--${name}`).join(" and ")} name different sources`,
      "a profile has one source",
    );
  }
  const [kind] = chosen;
  const strange = all.filter((each) => each !== kind)
    .flatMap(({ options }) => options).find(({ name }) => values.has(name));
  if (strange) {
    const owner = all.find(({ options }) => options.includes(strange));
    throw usage(
      `--${strange.name} belongs to the source ${owner?.kind}`,
      `it goes with ${owner?.chosenBy.map((name) => `--${name}`).join(" or ")}`,
    );
  }
  return kind;
}
