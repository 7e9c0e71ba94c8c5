import { Failure, promptsDisabled } from "../../model/failure.ts";
import { parseName } from "../../model/names.ts";
import type { Profile } from "../../model/profile.ts";
import type { Command } from "../../line/command.ts";
import type { Values } from "../../line/values.ts";
import { keepProfile } from "../../session/adding.ts";
import { picked, type Picking } from "../../session/picking.ts";
import { endpointOf } from "../../session/sign_in/network.ts";
import { pendingProofs, storedProofs } from "../../session/sign_in/proofs.ts";
import { chosenSource, factsOf, sourceOptions, sources } from "../../sources/all_sources.ts";
import { namesIn } from "../../session/outlines.ts";
import { openOrCreateStore, openStore, type Store } from "../../session/stores.ts";
import type { System } from "../../system/system.ts";
import {
  confirmOption,
  mfaCodeOf,
  mfaCodeOption,
  networkOptions,
  roleOptions,
} from "../profile/options.ts";
import { guardProfiles, profilesOf } from "../profile/guard.ts";
import { sayProfile } from "../profile/rows.ts";
import { refuseIdle, settingsOf } from "../profile/settings.ts";

/** `athm aws add NAME`: makes a profile and a session, and saves both only if that worked. */
export const command: Command = {
  count: [1, 1],
  completes: "nothing",
  options: [
    ...sourceOptions,
    ...roleOptions,
    mfaCodeOption,
    ...networkOptions,
    confirmOption,
    { name: "force", help: "replace an existing profile" },
    { name: "no-login", help: "save without signing in" },
  ],
  examples: [
    "athm aws add example",
    "athm aws add example --role-arn arn:aws:iam::123456789012:role/admin",
    "athm aws add other --from example --role-arn arn:aws:iam::210987654321:role/deploy",
    "athm aws add work --saml-url https://idp.example.com/app/aws",
    "athm aws add work --sso-start-url https://example.awsapps.com/start --sso-region eu-west-1",
    "athm aws add gov --endpoint-url https://sts-fips.us-east-1.amazonaws.com",
  ],
  work: async (line, system) => {
    const { operands, values } = line;
    const name = parseName(operands[0] ?? "");
    const chosen = chosenSource(values);
    // Validate everything possible before any prompt or call.
    const given = settingsOf(values, system, chosen);
    chosen?.check?.(values);
    const replace = values.has("force");
    const there = await openStore(system);
    if (!replace && await there?.profile(name)) {
      throw new Failure(
        "exists",
        `profile ${JSON.stringify(name)} already exists`,
        `athm aws add ${name} --force replaces it`,
      );
    }
    // With a base, inherited settings count too; they are checked before saving.
    if (!values.has("from")) endpointOf(system, given);
    if (!chosen && !system.terminal.canAsk) throw sourceRequired();
    const login = !values.has("no-login");
    const pending = pendingProofs();
    const proofs = there ? storedProofs(system, there) : pending;
    const picking = login ? { network: given.network, proofs } : undefined;
    const all = chosen && picking ? await picked(chosen, values, system, picking) : values;
    const asked = chosen
      ? { name, source: await chosen.settle(all, system), ...given }
      : await askedProfile(name, values, system, there, picking);
    refuseIdle(asked);
    await guardProfiles(line, system, await profilesOf(there), {
      changed: replace ? [name] : [],
      made: [asked],
    });
    const { profile, session } = await keepProfile(system, asked, {
      store: there,
      openStore: () => openOrCreateStore(system),
      replace,
      login,
      pending,
      ...mfaCodeOf(values),
    });
    await system.audit({ event: "add", profile: name, session });
    sayProfile(system, { profile, session });
    return 0;
  },
};

function sourceRequired(): Failure {
  const ways = sources.flatMap(({ chosenBy }) => chosenBy);
  return promptsDisabled(
    "a source is required",
    `use one of ${ways.map((name) => `--${name}`).join(", ")}`,
  );
}

async function askedProfile(
  name: string,
  line: Values,
  system: System,
  store: Store | undefined,
  picking: Picking | undefined,
): Promise<Profile> {
  const { askStepByStep } = await import("./add/wizard.ts");
  const names = await namesIn(store);
  const { kind, source, values } = await askStepByStep(name, line, system, names, picking);
  kind.check?.(values);
  const profile = {
    name,
    source,
    ...settingsOf(values, system, kind),
  };
  if (factsOf(source).base === undefined) endpointOf(system, profile);
  return profile;
}
