import { Secret } from "../model/secret.ts";
import { storeVariables } from "../model/variables.ts";
import type { Session } from "../model/credentials.ts";
import { expanded } from "../system/home_folder.ts";
import type { System } from "../system/system.ts";
import { answerFor, onlyClient } from "./credential_server.ts";
import { privateFolder } from "./private_folder.ts";
import {
  type ChildSettings,
  credentialVariables,
  type EnvironmentChange,
  settingVariables,
} from "./environment.ts";
import { serveHttp } from "./http_server.ts";
import { tidied } from "../system/folder.ts";
import { sdkConfig } from "./sdk_config.ts";

export interface ChildServer {
  readonly environment: EnvironmentChange;
  close(): Promise<void>;
}

const path = "/credentials";

/** 32 random bytes in base64url, which needs no escaping in a header. */
export function newToken(system: Pick<System, "random">): Secret {
  return new Secret(system.random(32).toBase64({ alphabet: "base64url", omitPadding: true }));
}

/** A loopback server for one child: its SDKs refetch credentials before they expire. */
export function serveChild(
  system: System,
  settings: Omit<ChildSettings, "session">,
  current: () => Promise<Session>,
): ChildServer {
  const listener = system.listen({ hostname: "127.0.0.1", port: 0 });
  const config = privateConfig(system, settings.profile ?? "session");
  const host = `127.0.0.1:${listener.port}`;
  const token = newToken(system);
  const client = onlyClient(token, (target) => target === path ? current() : undefined);
  const server = serveHttp(listener, answerFor(system, { client, hosts: [host] }));
  const set = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${host}${path}`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: token.reveal(),
    AWS_CONFIG_FILE: config.path,
    AWS_PROFILE: config.profile,
    ...settingVariables(settings),
  };
  return {
    environment: { set, unset: toTakeAway(set) },
    async close() {
      await server.close();
      // The child may have left a file there, which must not replace its exit code.
      tidied(system, () => config[Symbol.dispose]());
    },
  };
}

/** SDKs prefer keys in the environment to the server, so unset them, and the name of their profile. */
const keyVariables = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_CREDENTIAL_EXPIRATION",
  "ATHM_PROFILE",
];

function toTakeAway(set: Readonly<Record<string, string>>): string[] {
  return [...keyVariables, ...credentialVariables, ...storeVariables]
    .filter((name) => !(name in set));
}

interface PrivateConfig extends Disposable {
  readonly path: string;
  /** The profile in it without any credentials. */
  readonly profile: string;
}

/** Writes the config file of a child that uses the credential server (see `sdkConfig`), without secrets. */
export function privateConfig(system: System, name: string): PrivateConfig {
  const { files } = system;
  const own = configPath(system);
  const text = own === undefined ? "" : new TextDecoder().decode(files.read(own));
  // Randomize the name: SDKs would prefer keys of the same profile in the user's credentials file.
  const profile = `athm-${name}-${system.random(4).toHex()}`;
  const folder = privateFolder(system);
  const path = files.join(folder.path, "config");
  files.create(path, new TextEncoder().encode(sdkConfig(text, profile)), 0o600);
  return {
    path,
    profile,
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

function configPath(system: System): string | undefined {
  const { env, files, platform } = system;
  const given = env.get("AWS_CONFIG_FILE");
  if (given) return expanded(system, given);
  const home = env.get(platform === "windows" ? "USERPROFILE" : "HOME");
  return home ? files.join(home, ".aws", "config") : undefined;
}
