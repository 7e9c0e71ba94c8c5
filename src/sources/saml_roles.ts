import { accountOf, roleNameOf } from "../model/arn.ts";
import { Failure, promptsDisabled } from "../model/failure.ts";
import { listed } from "../model/listed.ts";
import { naturally } from "../model/natural.ts";
import { choose } from "../screen/choice.ts";
import { type Column, lineOf, tableLines } from "../screen/columns.ts";
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

async function askedRole(offered: readonly OfferedRole[], system: System): Promise<OfferedRole> {
  const roles = offered.map((role) => {
    const { roleArn: name } = role;
    return { role, name, cells: [accountOf(name) ?? "", roleNameOf(name) ?? name] };
  }).sort((a, b) => naturally(a.cells.join(" "), b.cells.join(" ")));
  const arn = await choose(system, "Role:", ({ columns: width }) => {
    const rows = roles.map(({ cells }) => cells);
    const [, ...lines] = tableLines(columns, rows, width - 3).map(lineOf);
    return roles.map(({ name, cells }, at) => ({
      name,
      line: lines[at] ?? name,
      search: cells.join(" "),
    }));
  });
  const found = roles.find(({ name }) => name === arn);
  if (!found) throw new Error("a role was chosen that was not offered");
  return found.role;
}

const columns: readonly Column[] = [{ title: "ACCOUNT" }, { title: "ROLE", least: 8 }];
