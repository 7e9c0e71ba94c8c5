/**
 * The setup lines of a story for a SAML identity provider.
 *
 * @module
 */

import { personal, type PersonalPage, startSamlProvider } from "./saml/provider.ts";
import { SetupError, type World } from "./story_world.ts";

/** A provider that the fake AWS trusts under this ARN; defines `$IDP`. */
export async function prepareSamlProvider(world: World, arn: string): Promise<void> {
  const provider = await startSamlProvider();
  world.closing.push(() => provider[Symbol.asyncDispose]());
  world.aws.addSamlProvider({ arn, issuer: provider.issuer, certificate: provider.certificate });
  world.vars.set("IDP", provider.url);
  world.saml = { arn, provider };
}

/** The defects of a user's responses, by the word in the story. */
const faults = {
  "unsigned": { signs: "none" },
  "expired": { life: -120_000 },
  "denied": { status: "Responder", statusMessage: "User is not assigned to the application." },
  "encrypted": { encrypted: true },
  "other-audience": { audience: "urn:example:payroll" },
} as const;

/**
 * A user of the provider; defines `$NAME_SAML`, a file with a new response at each step. The
 * password is a secret.
 */
export async function prepareSamlUser(
  world: World,
  name: string,
  option: (name: string) => string | undefined,
): Promise<void> {
  if (!world.saml) throw new SetupError("a saml-provider comes before its users");
  const { arn, provider } = world.saml;
  const password = option("password") ?? `password-of-${name}`;
  const fault = option("fault");
  if (fault !== undefined && !Object.hasOwn(faults, fault)) {
    throw new SetupError(`no fault: ${fault}; there are ${Object.keys(faults).join(", ")}`);
  }
  const roles = (option("roles") ?? "").split(",").filter(Boolean);
  const pages = (option("pages") ?? "").split(",").filter(Boolean);
  const unknown = pages.find((each) => !Object.hasOwn(personal, each));
  if (unknown !== undefined) throw new SetupError(`no page: ${unknown}`);
  const [code, duration] = [option("code"), option("duration")];
  provider.addUser({
    name,
    password,
    ...code === undefined ? {} : { code },
    pages: pages as PersonalPage[],
    response: {
      sessionName: `${name}@example.com`,
      // In both orders, since both are allowed.
      roles: roles.map((role, index) => (index % 2 ? [role, arn] : [arn, role]).join()),
      ...duration === undefined ? {} : { duration },
      ...fault === undefined ? {} : faults[fault as keyof typeof faults],
    },
  });
  const upper = name.toUpperCase().replace(/\W/g, "_");
  const file = `${world.home}/../${upper}_SAML`;
  const write = () => Deno.writeTextFile(file, `${provider.responseFor(name)}\n`);
  world.vars.set(`${upper}_SAML`, file);
  world.vars.set(`${upper}_PASSWORD`, password);
  world.secrets.push(password);
  await write();
  world.devices.push(write);
}
