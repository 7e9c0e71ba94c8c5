import { Failure, promptsDisabled } from "../model/failure.ts";
import { listed } from "../model/listed.ts";
import type { OfferedRole } from "../signin/saml/saml_response.ts";
import type { System } from "../system/system.ts";

const mostListed = 20;

/** The requested one, the only one, or the person's choice. @throws {Failure} */
export async function chooseRole(
  offered: readonly OfferedRole[],
  wanted: string | undefined,
  system: System,
): Promise<OfferedRole> {
  const [first, ...more] = offered;
  if (!first) {
    throw new Failure(
      "source",
      "the assertion contains no AWS role",
      "check that the provider sends roles for this user in the attribute https://aws.amazon.com/SAML/Attributes/Role",
    );
  }
  if (wanted !== undefined) {
    const found = offered.find(({ roleArn }) => roleArn === wanted);
    if (found) return found;
    throw new Failure(
      "source",
      `the assertion does not offer ${wanted}`,
      `set --saml-role to one of: ${arnsOf(offered)}`,
    );
  }
  if (more.length === 0) return first;
  if (!system.terminal.canAsk) {
    throw promptsDisabled(
      `the assertion offers ${offered.length} roles`,
      `set --saml-role to one of: ${arnsOf(offered)}`,
    );
  }
  return await askedRole(offered, system);
}

function arnsOf(offered: readonly OfferedRole[]): string {
  return listed(offered.map(({ roleArn }) => roleArn), mostListed);
}

async function askedRole(
  offered: readonly OfferedRole[],
  { terminal }: System,
): Promise<OfferedRole> {
  const width = String(offered.length).length;
  const lines = offered.map(({ roleArn }, index) =>
    `${String(index + 1).padStart(width + 2)}  ${roleArn}`
  );
  // On the terminal, where the prompt will appear.
  await terminal.tell(["athm: roles offered by the identity provider:", ...lines].join("\n"));
  for (let tries = 3; tries > 0; tries--) {
    const answer = (await terminal.ask(`Which role? [1-${offered.length}] `)).trim();
    const found = offered.find(({ roleArn }, index) =>
      answer === String(index + 1) || answer === roleArn
    );
    if (found) return found;
  }
  throw new Failure("cancelled", "no role selected", "set --saml-role ARN");
}
