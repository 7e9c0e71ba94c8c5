/**
 * Keycloak, a third-party identity provider, on a free loopback port, with its own record of what a
 * user accepted.
 *
 * @module
 */

import assert from "node:assert/strict";
import { keycloakFolder } from "../../../scripts/test/peers.ts";
import { isFile, missing, ran } from "../programs.ts";
import { startServer } from "../server_process.ts";

/** What an administrator can require of a user at the next sign-in. */
export const requiredActions = [
  "TERMS_AND_CONDITIONS",
  "UPDATE_PASSWORD",
  "UPDATE_PROFILE",
  "CONFIGURE_TOTP",
  "webauthn-register",
] as const;
export type RequiredAction = typeof requiredActions[number];

/** What Keycloak holds about a user, from its admin API. */
export interface KeycloakRecord {
  /** Required actions that are pending. */
  readonly pending: readonly string[];
  /** Whether the terms were accepted, and when. */
  readonly terms: readonly string[];
  /** Name and email address. */
  readonly profile: readonly string[];
  /** Type, label and creation time of each. */
  readonly credentials: readonly string[];
  /** Clients that the user granted access. */
  readonly consents: readonly string[];
}

/** A running server with the user `ann`, one for each required action, and `devices` with two. */
export interface Keycloak extends AsyncDisposable {
  /** The URL that starts the sign-in to AWS. */
  readonly url: string;
  readonly issuer: string;
  readonly certificate: string;
  record(user: string): Promise<KeycloakRecord>;
  /** Replaces the pending required actions. */
  require(user: string, actions: readonly RequiredAction[]): Promise<void>;
  /** From now on, users must grant access to AWS. */
  requireConsent(isRequired: boolean): Promise<void>;
}

/** Why it cannot run here; nothing if it can. */
export function noKeycloak(): string | undefined {
  return isFile(`${keycloakFolder}/bin/kc.sh`) ? missing("java") : "Keycloak is not installed";
}

export const providerArn = "arn:aws:iam::123456789012:saml-provider/keycloak";
export const devRole = "arn:aws:iam::123456789012:role/dev";

/** The user who must do this. */
export const userOf = (action: RequiredAction) => action.toLowerCase();

/** The key of each device of the user `devices`, by label. */
export const devices: Readonly<Record<string, string>> = {
  Phone: "key-of-the-phone-0001",
  Tablet: "key-of-the-tablet-002",
};

/** Milliseconds: it compiles its configuration first, and other tests may use the processors. */
const patience = 240_000;

const client = "urn:amazon:webservices";
const endpoint = "https://signin.aws.amazon.com/saml";

function attribute(name: string, value: string) {
  return {
    name,
    protocol: "saml",
    protocolMapper: "saml-hardcode-attribute-mapper",
    config: {
      "attribute.name": `https://aws.amazon.com/SAML/Attributes/${name}`,
      "attribute.value": value,
      "attribute.nameformat": "URI Reference",
    },
  };
}

function user(username: string, actions: readonly RequiredAction[] = [], others: unknown[] = []) {
  return {
    username,
    enabled: true,
    email: `${username}@example.com`,
    emailVerified: true,
    firstName: "Ann",
    lastName: "Example",
    requiredActions: actions,
    credentials: [{ type: "password", value: `${username}-password` }, ...others],
  };
}

const realm = {
  realm: "athm",
  enabled: true,
  sslRequired: "none",
  requiredActions: requiredActions.map((alias, index) => ({
    alias,
    name: alias,
    providerId: alias,
    enabled: true,
    defaultAction: false,
    priority: 10 + index,
    config: {},
  })),
  users: [
    user("ann"),
    ...requiredActions.map((action) => user(userOf(action), [action])),
    user(
      "devices",
      [],
      Object.entries(devices).map(([userLabel, value]) => ({
        type: "otp",
        userLabel,
        secretData: JSON.stringify({ value }),
        credentialData: JSON.stringify({
          subType: "totp",
          digits: 6,
          counter: 0,
          period: 30,
          algorithm: "HmacSHA1",
        }),
      })),
    ),
  ],
  clients: [{
    clientId: client,
    protocol: "saml",
    enabled: true,
    redirectUris: [endpoint],
    fullScopeAllowed: true,
    attributes: {
      "saml_idp_initiated_sso_url_name": "aws",
      "saml_assertion_consumer_url_post": endpoint,
      "saml.server.signature": "true",
      "saml.assertion.signature": "true",
      "saml.client.signature": "false",
      "saml.authnstatement": "true",
      "saml.force.post.binding": "true",
      "saml.signature.algorithm": "RSA_SHA256",
      "saml_force_name_id_format": "true",
      "saml_name_id_format": "persistent",
    },
    protocolMappers: [
      attribute("Role", `${devRole},${providerArn}`),
      attribute("RoleSessionName", "keycloak"),
    ],
  }],
};

export async function startKeycloak(): Promise<Keycloak> {
  const folder = await Deno.makeTempDir({ prefix: "athm-keycloak-" });
  const home = `${folder}/keycloak`;
  const remove = () => Deno.remove(folder, { recursive: true });
  try {
    // It writes into its own folder.
    const copied = await ran("cp", ["-R", keycloakFolder, home]);
    assert.equal(copied?.code, 0, copied?.err);
    await Deno.mkdir(`${home}/data/import`, { recursive: true });
    await Deno.writeTextFile(`${home}/data/import/athm-realm.json`, JSON.stringify(realm));
    const password = crypto.randomUUID();
    const options = ["--import-realm", "--db=dev-mem", "--http-host=127.0.0.1", "--http-port=0"];
    const server = await startServer(
      "/bin/sh",
      {
        args: ["-c", 'exec "$@" >&2', "sh", `${home}/bin/kc.sh`, "start-dev", ...options],
        cwd: home,
        env: {
          KC_BOOTSTRAP_ADMIN_USERNAME: "admin",
          KC_BOOTSTRAP_ADMIN_PASSWORD: password,
          JAVA_OPTS_KC_HEAP: "-Xms64m -Xmx768m",
        },
      },
      /Listening on: http:\/\/127\.0\.0\.1:(\d+)/,
      patience,
    );
    try {
      return await keycloakAt(`http://127.0.0.1:${server.port}`, password, async () => {
        await server[Symbol.asyncDispose]();
        await remove();
      });
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  } catch (error) {
    await remove();
    throw error;
  }
}

async function keycloakAt(
  origin: string,
  password: string,
  stop: () => Promise<void>,
): Promise<Keycloak> {
  const send = async (url: string, init: RequestInit = {}) => {
    const answer = await fetch(url, init);
    const text = await answer.text();
    assert.ok(answer.ok, `${init.method ?? "GET"} ${url}: ${answer.status} ${text}`);
    return text;
  };
  /** Its tokens end after a minute, so each call has its own. */
  const admin = async (path: string, body?: unknown) => {
    const login = { grant_type: "password", client_id: "admin-cli", username: "admin", password };
    const token = await send(`${origin}/realms/master/protocol/openid-connect/token`, {
      method: "POST",
      body: new URLSearchParams(login),
    });
    const text = await send(`${origin}/admin/realms/athm/${path}`, {
      method: body === undefined ? "GET" : "PUT",
      headers: {
        authorization: `Bearer ${JSON.parse(token).access_token}`,
        "content-type": "application/json",
      },
      ...body === undefined ? {} : { body: JSON.stringify(body) },
    });
    return text === "" ? undefined : JSON.parse(text);
  };
  const find = async (name: string) => {
    const [found] = await admin(`users?exact=true&username=${encodeURIComponent(name)}`);
    assert.ok(found, `Keycloak has no user ${name}`);
    return await admin(`users/${found.id}`);
  };
  const descriptor = await send(`${origin}/realms/athm/protocol/saml/descriptor`);
  const [, certificate] = /<ds:X509Certificate>([^<]+)</.exec(descriptor) ?? [];
  assert.ok(certificate, descriptor);
  const lines = certificate.replace(/\s/g, "").match(/.{1,64}/g) ?? [];
  return {
    url: `${origin}/realms/athm/protocol/saml/clients/aws`,
    issuer: `${origin}/realms/athm`,
    certificate: ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----\n"].join(
      "\n",
    ),
    async record(name) {
      const { id, requiredActions, attributes, firstName, lastName, email } = await find(name);
      const credentials: Record<string, unknown>[] = await admin(`users/${id}/credentials`);
      const consents: Record<string, unknown>[] = await admin(`users/${id}/consents`);
      return {
        pending: requiredActions,
        terms: attributes?.["terms_and_conditions"] ?? [],
        profile: [firstName, lastName, email],
        credentials: credentials.map((each) =>
          [each["type"], each["userLabel"], each["createdDate"]].join(" ")
        ),
        consents: consents.map((each) => String(each["clientId"])),
      };
    },
    async require(name, actions) {
      const found = await find(name);
      await admin(`users/${found.id}`, { ...found, requiredActions: actions });
    },
    async requireConsent(isRequired) {
      const [found] = await admin(`clients?clientId=${encodeURIComponent(client)}`);
      await admin(`clients/${found.id}`, { ...found, consentRequired: isRequired });
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** The code of a device at a time in milliseconds (RFC 6238). */
export async function codeOf(key: string, time: number): Promise<string> {
  const message = new DataView(new ArrayBuffer(8));
  message.setBigUint64(0, BigInt(Math.floor(time / 30_000)));
  const algorithm = { name: "HMAC", hash: "SHA-1" };
  const bytes = new TextEncoder().encode(key);
  const imported = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
  const mac = new DataView(await crypto.subtle.sign("HMAC", imported, message));
  const value = mac.getUint32(mac.getUint8(19) & 15) & 0x7fffffff;
  return String(value % 1_000_000).padStart(6, "0");
}
