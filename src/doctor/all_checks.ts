import { awsFilesCheck } from "./aws_files.ts";
import type { Check } from "./check.ts";
import { certificatesCheck, proxyCheck } from "./connection.ts";
import { clockCheck, endpointsCheck, namesCheck } from "./endpoints.ts";
import { environmentCheck } from "./environment.ts";
import { processesCheck } from "./processes.ts";
import { programCheck, versionCheck } from "./program.ts";
import { profilesCheck, storeCheck } from "./store.ts";

/** Every check in output order: one function and one line here. */
export const checks: readonly { readonly name: string; readonly check: Check }[] = [
  { name: "version", check: versionCheck },
  { name: "program", check: programCheck },
  { name: "store", check: storeCheck },
  { name: "profiles", check: profilesCheck },
  { name: "clock", check: clockCheck },
  { name: "dns", check: namesCheck },
  { name: "endpoints", check: endpointsCheck },
  { name: "proxy", check: proxyCheck },
  { name: "certificates", check: certificatesCheck },
  { name: "environment", check: environmentCheck },
  { name: "aws-files", check: awsFilesCheck },
  { name: "processes", check: processesCheck },
];
