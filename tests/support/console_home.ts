/**
 * A home whose store has a sign-in to the fake's console, and profiles that use it: for tests of
 * programs without prompts.
 *
 * @module
 */
import { calculateJwkThumbprint } from "jose";
import { newProofKey } from "../../src/aws/dpop.ts";
import { type ConsoleEndpoint, consoleKey } from "../../src/model/console_sign_in.ts";
import type { Profile } from "../../src/model/profile.ts";
import { Secret } from "../../src/model/secret.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import { withoutQuestions } from "../../src/system/terminal.ts";
import type { AthmHome } from "./athm_home.ts";
import type { FakeAws } from "./fake_aws.ts";
import { consolePrincipal, newSigninSecret } from "./fake_aws/signin.ts";

/** The identity that signed in, in AWS's form and in a profile's. */
export const consoleArn = "arn:aws:sts::123456789012:assumed-role/Developer/ann";
const principal = "arn:aws:sts::123456789012:assumed-role/Developer";

/** Signs in a minute ago, with expired keys, and adds profiles; each assumes `roles`. */
export async function signInToConsole(
  home: AthmHome,
  { signin, url }: FakeAws,
  names: readonly string[],
  roles: readonly string[] = [],
): Promise<void> {
  const real = denoSystem();
  const store = await openOrCreateStore({
    ...real,
    env: { get: (name) => home.env.get(name) },
    terminal: withoutQuestions(real.terminal),
    say: () => {},
  });
  const now = Date.now();
  const endpoint = url as ConsoleEndpoint;
  const proofKey = await newProofKey();
  const { x, y } = proofKey;
  const thumbprint = await calculateJwkThumbprint({ kty: "EC", crv: "P-256", x, y });
  const refreshToken = newSigninSecret(signin, "", 1200);
  const session = {
    clientId: "arn:aws:signin:::devtools/same-device",
    thumbprint,
    principal: consolePrincipal(consoleArn),
    endsAt: now + 3600_000,
  };
  signin.refreshTokens.set(refreshToken, { session, used: false });
  await store.shared.consoles.save(consoleKey({ principal, endpoint }), {
    principal,
    region: "eu-west-1",
    endpoint,
    client: "same-device",
    refreshToken: new Secret(refreshToken),
    proofKey,
    session: {
      accessKeyId: "ASIAIOSFODNN7EXAMPLE",
      secretAccessKey: new Secret(newSigninSecret(signin, "", 30)),
      sessionToken: new Secret(newSigninSecret(signin, "", 300)),
      issued: now - 60_000,
      expires: now - 1000,
      arn: consoleArn,
      account: "123456789012",
    },
  });
  for (const name of names) {
    const profile: Profile = {
      name,
      source: { kind: "aws-login", principal, endpointUrl: url },
      roleArns: roles,
      role: {},
      network: { endpointUrl: url },
    };
    await store.saveProfile(profile, { replace: false });
  }
}
