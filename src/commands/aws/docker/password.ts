import type { Narrowing } from "../../../model/credentials.ts";
import { Failure } from "../../../model/failure.ts";
import { registryKey, type RegistryPassword, type RegistryRecord } from "../../../model/proofs.ts";
import { asks, profileNamed, type ProfileSession, sessionOf } from "../../../session/keep.ts";
import { resolved } from "../../../session/sign_in/fingerprint.ts";
import { storedProofs } from "../../../session/sign_in/proofs.ts";
import type { Store } from "../../../session/stores.ts";
import type { Deed } from "../../../session/use.ts";
import type { System } from "../../../system/system.ts";
import { isGood, type Registry, registryPassword } from "../../../tokens/registry.ts";

export interface KeptPassword {
  readonly record: RegistryRecord;
  readonly password: RegistryPassword;
}

/**
 * The registry's password for its profile: the kept one while it is good, without a session, else a
 * new one, which one process requests and all use.
 */
export async function passwordOf(
  system: System,
  store: Store,
  registry: Registry,
  deed: Deed,
): Promise<KeptPassword> {
  const key = registryKey(registry.host);
  const known = await store.shared.registries.find(key);
  if (!known) {
    throw new Failure(
      "not-found",
      `no profile is set for the registry ${registry.host}`,
      `run athm aws docker-login ${registry.host} NAME`,
    );
  }
  const { profile, narrowing } = known;
  const stored = await profileNamed(store, profile);
  const current = await resolved(system, store, stored, [], narrowing);
  const use = { narrowing, deed };
  // A kept password is a use of the profile too, and requesting one is the same use.
  const { agreed } = asks(current.profile, use) ? await sessionOf(system, store, profile, use) : {};
  const { mark } = agreed ?? current;
  const good = ({ password }: RegistryRecord) =>
    password !== undefined && isGood(password, mark, system.now());
  const record = await storedProofs(system, store).get("registries", key, {
    good,
    make: async () => {
      const from = await sessionOf(system, store, profile, { ...use, agreed });
      const made = await newPassword(system, store, registry, { ...from, narrowing });
      return { ...known, password: made };
    },
  });
  if (!record.password) throw new Error("a registry's record was made without a password");
  return { record, password: record.password };
}

export async function newPassword(
  system: System,
  store: Store,
  registry: Registry,
  { profile: { name }, session, narrowing }: ProfileSession & {
    readonly narrowing?: Narrowing | undefined;
  },
): Promise<RegistryPassword> {
  const stored = await profileNamed(store, name);
  // After the sign-in, which may have learned settings.
  const { profile, mark: fingerprint } = await resolved(system, store, stored, [], narrowing);
  return { ...await registryPassword(system, { profile, session }, registry), fingerprint };
}
