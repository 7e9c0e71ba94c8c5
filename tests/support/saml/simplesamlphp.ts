/**
 * SimpleSAMLphp, a third-party identity provider, on a free loopback port.
 *
 * @module
 */

import { isFile } from "../programs.ts";
import { startServer } from "../server_process.ts";
import { signingPair } from "./keys.ts";

/**
 * A running provider with the users `alice` (two roles, with ARNs in both orders) and `bob` (one).
 */
export interface SimpleSaml extends AsyncDisposable {
  /** The URL that starts the sign-in to AWS. */
  readonly url: string;
  readonly origin: string;
  readonly issuer: string;
  readonly certificate: string;
  /** Ends all sign-ins. */
  forget(): Promise<void>;
}

/** Its folder in Debian's package. */
const code = "/usr/share/simplesamlphp";

/** Why it cannot run here; nothing if it can. */
export function noSimpleSaml(): string | undefined {
  const files = [`${code}/www/saml2/idp/SSOService.php`, "/usr/bin/php"];
  return files.every(isFile) ? undefined : "SimpleSAMLphp is not installed";
}

export const providerArn = "arn:aws:iam::123456789012:saml-provider/idp";
export const devRole = "arn:aws:iam::123456789012:role/dev";
export const adminRole = "arn:aws:iam::123456789012:role/admin";

const names = "https://aws.amazon.com/SAML/Attributes/";

function php(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(php).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `[${Object.entries(value).map(([k, v]) => `${php(k)} => ${php(v)}`).join(", ")}]`;
  }
  if (typeof value === "string") {
    return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  }
  return JSON.stringify(value);
}

export async function startSimpleSaml(): Promise<SimpleSaml> {
  const folder = await Deno.makeTempDir({ prefix: "athm-ssp-" });
  const issuer = "urn:example:simplesamlphp";
  const pair = await signingPair();
  for (const name of ["config", "metadata", "cert", "log", "tmp", "data", "sess", "www"]) {
    await Deno.mkdir(`${folder}/${name}`);
  }
  await Deno.symlink(`${code}/www`, `${folder}/www/simplesamlphp`);
  await Deno.writeTextFile(`${folder}/cert/idp.pem`, pair.key);
  await Deno.writeTextFile(`${folder}/cert/idp.crt`, pair.cert);
  // It reads its configuration on each request.
  const server = await startServer("/usr/bin/php", {
    args: ["-d", "display_errors=0", "-S", "127.0.0.1:0", "-t", `${folder}/www`],
    cwd: `${folder}/www`,
    env: { SIMPLESAMLPHP_CONFIG_DIR: `${folder}/config`, PHP_CLI_SERVER_WORKERS: "3" },
  }, /Development Server \(http:\/\/127\.0\.0\.1:(\d+)\) started/);
  const origin = `http://127.0.0.1:${server.port}`;
  const write = (path: string, name: string, value: unknown) =>
    Deno.writeTextFile(`${folder}/${path}`, `<?php\n$${name} = ${php(value)};\n`);
  await write("config/config.php", "config", {
    "baseurlpath": `${origin}/simplesamlphp/`,
    "certdir": `${folder}/cert/`,
    "loggingdir": `${folder}/log/`,
    "datadir": `${folder}/data/`,
    "tempdir": `${folder}/tmp`,
    "metadatadir": `${folder}/metadata/`,
    "technicalcontact_email": "na@example.org",
    "timezone": "UTC",
    "secretsalt": crypto.randomUUID(),
    "auth.adminpassword": crypto.randomUUID(),
    "enable.saml20-idp": true,
    "module.enable": { core: true, saml: true, exampleauth: true },
    "session.cookie.secure": false,
    "session.cookie.samesite": null,
    // Remembered after the browser is closed, as with a provider's "keep me signed in".
    "session.cookie.lifetime": 3600,
    "session.phpsession.savepath": `${folder}/sess`,
    "session.phpsession.cookiename": "SSP",
    "store.type": "phpsession",
    "logging.handler": "file",
    "showerrors": true,
    "errorreporting": false,
    "language.default": "en",
    "theme.use": "default",
    "metadata.sources": [{ type: "flatfile" }],
  });
  const users = {
    "0": "exampleauth:UserPass",
    "alice:alice-password": {
      uid: ["alice"],
      [`${names}Role`]: [`${devRole},${providerArn}`, `${providerArn},${adminRole}`],
      [`${names}RoleSessionName`]: ["alice@example.com"],
      [`${names}SessionDuration`]: ["3600"],
    },
    "bob:bob-password": {
      uid: ["bob"],
      [`${names}Role`]: [`${devRole},${providerArn}`],
      [`${names}RoleSessionName`]: ["bob"],
    },
  };
  await write("config/authsources.php", "config", { admin: ["core:AdminPassword"], users });
  await write("metadata/saml20-idp-hosted.php", "metadata", {
    [issuer]: {
      "host": "__DEFAULT__",
      "privatekey": "idp.pem",
      "certificate": "idp.crt",
      "auth": "users",
      "saml20.sign.response": true,
      "saml20.sign.assertion": true,
      "attributes.NameFormat": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
      "authproc": {
        "3": {
          class: "saml:AttributeNameID",
          attribute: "uid",
          Format: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        },
      },
    },
  });
  await write("metadata/saml20-sp-remote.php", "metadata", {
    "urn:amazon:webservices": {
      entityid: "urn:amazon:webservices",
      AssertionConsumerService: [{
        Binding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
        Location: "https://signin.aws.amazon.com/saml",
        index: 1,
        isDefault: true,
      }],
      NameIDFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    },
  });
  return {
    origin,
    url: `${origin}/simplesamlphp/saml2/idp/SSOService.php?spentityid=urn:amazon:webservices`,
    issuer,
    certificate: pair.cert,
    async forget() {
      for await (const { name } of Deno.readDir(`${folder}/sess`)) {
        await Deno.remove(`${folder}/sess/${name}`);
      }
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
