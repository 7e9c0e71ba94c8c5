/**
 * A home whose store has a sign-in at the fake's access portal, and profiles for its roles: for
 * tests of programs without prompts.
 *
 * @module
 */
import { portalKey, portalOf } from "../../src/model/portal.ts";
import type { Profile } from "../../src/model/profile.ts";
import { Secret } from "../../src/model/secret.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import type { Store } from "../../src/store/store.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import { withoutQuestions } from "../../src/system/terminal.ts";
import type { AthmHome } from "./athm_home.ts";
import type { FakeAws } from "./fake_aws.ts";
import { newSsoSecret } from "./fake_aws/sso.ts";

/** The one account of these profiles; they have the role `Admin`. */
export const account = "123456789012";

/** Signs in, with an access token that lives for `life` milliseconds, and adds profiles. */
export async function signInHome(
  home: AthmHome,
  aws: FakeAws,
  names: readonly string[],
  life: number,
): Promise<void> {
  const real = denoSystem();
  const store = await openOrCreateStore({
    ...real,
    env: { get: (name) => home.env.get(name) },
    terminal: withoutQuestions(real.terminal),
    say: () => {},
  });
  await keepPortalSignIn(store, aws, names, { life, now: Date.now() });
}

/** The same in an open store. */
export async function keepPortalSignIn(
  store: Store,
  { sso, url }: FakeAws,
  names: readonly string[],
  { life, now }: { readonly life: number; readonly now: number },
): Promise<void> {
  sso.accounts = [{ id: account, name: "Production", roles: ["Admin"] }];
  const place = {
    startUrl: sso.startUrl,
    region: "eu-west-1",
    portalEndpointUrl: url,
    oidcEndpointUrl: url,
  };
  const client = {
    id: "client",
    secret: newSsoSecret(sso, "", 100),
    grantTypes: ["refresh_token"],
    redirectUris: [],
    scopes: ["sso:account:access"],
    expiresAt: now + 3_600_000,
  };
  sso.clients.set(client.id, client);
  const signIn = { revoked: false };
  const accessToken = newSsoSecret(sso, "", 100);
  const refreshToken = newSsoSecret(sso, "", 100);
  sso.accessTokens.set(accessToken, { signIn, expiresAt: now + life });
  sso.refreshTokens.set(refreshToken, { clientId: client.id, signIn, used: false });
  const portal = portalOf(place, {});
  await store.shared.portals.save(portalKey(portal), {
    portal,
    client: {
      id: client.id,
      secret: new Secret(client.secret),
      expires: client.expiresAt,
      flow: "browser",
    },
    accessToken: new Secret(accessToken),
    refreshToken: new Secret(refreshToken),
    expires: now + life,
    issued: now,
  });
  for (const name of names) {
    const profile: Profile = {
      name,
      source: { kind: "identity-center", ...place, accountId: account, roleName: "Admin" },
      roleArns: [],
      role: {},
      network: {},
    };
    await store.saveProfile(profile, { replace: false });
  }
}
