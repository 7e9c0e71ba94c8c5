/**
 * Runs a script in Windows PowerShell. Scripts contain no data: an argument is visible to others, and
 * PowerShell would parse it as code.
 *
 * PowerShell 7 puts its own modules first in PSModulePath. Windows PowerShell inherits that through
 * athm and then fails to load Get-Acl and Add-Type: https://github.com/PowerShell/PowerShell/issues/18530
 */
export function powershell(script: string) {
  return {
    command: "powershell.exe",
    args: ["-NoLogo", "-NoProfile", "-NonInteractive", "-Command", script],
    unset: ["PSModulePath"],
  };
}
