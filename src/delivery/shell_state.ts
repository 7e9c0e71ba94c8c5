import { type Decoder, list, Misfit, object, text } from "../model/decode.ts";
import { isJsonObject } from "../model/fields.ts";
import { isName } from "../model/names.ts";
import type { Environment } from "../system/machine.ts";
import { type EnvironmentChange, sessionVariableNames } from "./environment.ts";

/**
 * The variable in which a shell keeps what `athm use` loaded: `SECONDS JSON`, with the time at which
 * the prompt renews the session (0: never) first, where each shell can compare it. Exported like the
 * session, so that a nested shell continues with both.
 */
export const stateVariable = "ATHM_USE";

/** Options of `use` that select the session, for renewals and `use -`. */
export const selectingOptions: readonly string[] = [
  "min-ttl",
  "region",
  "read-only",
  "policy",
  "policy-arn",
];

/** A profile, and the options that select its session. A renewal must not widen it. */
export interface Used {
  readonly profile: string;
  readonly options: Readonly<Record<string, readonly string[]>>;
}

export interface Loaded extends Used {
  /** The access key ID. If the shell has another one, it is not athm's to replace. */
  readonly key: string;
  readonly variables: readonly string[];
  /** Of the profile's settings: a renewal must not load another that took the name. */
  readonly fingerprint?: string;
}

export interface ShellState {
  readonly loaded?: Loaded;
  readonly before?: Used;
}

/** Characters; a session policy has at most 2,048. */
const limit = 64 * 1024;

const options: Decoder<Used["options"]> = (value) => {
  if (!isJsonObject(value)) throw new Misfit("damaged");
  // Without one that a newer athm knows, the session could be wider.
  if (Object.keys(value).some((name) => !selectingOptions.includes(name))) {
    throw new Misfit("newer");
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, values]) => [name, list(text)(values)]),
  );
};
const profile: Decoder<string> = (value) => {
  if (typeof value !== "string" || !isName(value)) throw new Misfit("damaged");
  return value;
};
const known: Decoder<string> = (value) => {
  if (!sessionVariableNames.includes(text(value))) throw new Misfit("damaged");
  return text(value);
};
const decodeState = object<ShellState>({}, {
  loaded: object<Loaded>({ profile, options, key: text, variables: list(known) }, {
    fingerprint: text,
  }),
  before: object<Used>({ profile, options }, {}),
});

/** Any program may have set the variable: whatever is not athm's counts as nothing. */
export function shellState(env: Environment): ShellState {
  const [, json = ""] = /^[0-9]+ (.*)$/s.exec((env.get(stateVariable) ?? "").slice(0, limit)) ?? [];
  try {
    return decodeState(JSON.parse(json));
  } catch (error) {
    if (error instanceof Misfit || error instanceof SyntaxError) return {};
    throw error;
  }
}

/** What was loaded, if the shell still has its key. */
export function current({ loaded }: ShellState, env: Environment): Loaded | undefined {
  return loaded?.key === env.get("AWS_ACCESS_KEY_ID") ? loaded : undefined;
}

/**
 * Loads an environment, and removes what another profile left.
 * @param renewAt milliseconds since 1970
 */
export function loading(
  state: ShellState,
  used: Used & Pick<Loaded, "fingerprint">,
  environment: EnvironmentChange,
  renewAt: number,
): EnvironmentChange {
  const { set, unset } = environment;
  const left = state.loaded?.variables.filter((name) => !(name in set)) ?? [];
  const loaded = {
    ...used,
    key: set.AWS_ACCESS_KEY_ID ?? "",
    variables: Object.keys(set),
  };
  const before = [state.loaded, state.before].find((each) => each && !isSame(each, used));
  return {
    set: { ...set, ...stored(renewAt, { loaded, ...before && { before: usedOf(before) } }) },
    unset: [...new Set([...unset, ...left])],
  };
}

/** Removes what is loaded; `use -` loads it again. Nothing if athm loaded nothing. */
export function unloading(state: ShellState, env: Environment): EnvironmentChange | undefined {
  const loaded = current(state, env);
  // `export` and `exec` load without a state.
  if (!loaded && !env.get("ATHM_PROFILE")) return undefined;
  const before = state.loaded ?? state.before;
  return {
    set: stored(0, before ? { before: usedOf(before) } : {}),
    unset: loaded?.variables ?? sessionVariableNames,
  };
}

/** For a child that has another key of what is loaded. No prompt of the child renews it. */
export function rekeyed(state: ShellState, key: string): Record<string, string> {
  return state.loaded ? stored(0, { ...state, loaded: { ...state.loaded, key } }) : {};
}

/** Changes only when the prompt tries again. @param renewAt milliseconds since 1970; 0: never */
export function waiting(state: ShellState, renewAt: number): EnvironmentChange {
  return { set: stored(renewAt, state), unset: [] };
}

function stored(renewAt: number, state: ShellState): Record<string, string> {
  return { [stateVariable]: `${Math.ceil(renewAt / 1000)} ${JSON.stringify(state)}` };
}

function usedOf({ profile, options }: Used): Used {
  return { profile, options };
}

function isSame(a: Used, b: Used): boolean {
  return JSON.stringify(usedOf(a)) === JSON.stringify(usedOf(b));
}
