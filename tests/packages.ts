/** The system packages that the tests need, and how they get there. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

interface Requirement {
  /** Debian's name. */
  readonly name: string;
  /** Commands that it brings; without any, dpkg is asked. */
  readonly commands: readonly string[];
}

const REQUIREMENTS: readonly Requirement[] = [
  { name: "gcc", commands: ["cc", "gcc"] },
  { name: "libc6-dev", commands: [] },
  // For -m32: the heap of a 32-bit device is measured in a 32-bit program.
  ...(process.arch === "x64" ? [{ name: "gcc-multilib", commands: [] }] : []),
  // libFuzzer and its sanitizers; they are C++, also where they are 32-bit.
  { name: "clang", commands: ["clang"] },
  { name: "libclang-rt-dev", commands: [] },
  ...(process.arch === "x64" ? [{ name: "g++-multilib", commands: [] }] : []),
  { name: "cmake", commands: ["cmake"] },
  { name: "make", commands: ["make"] },
  { name: "mosquitto", commands: ["mosquitto"] },
  { name: "openssl", commands: ["openssl"] },
  // Of the boards' TLS and WebSocket, and what they trust.
  { name: "ca-certificates", commands: [] },
  { name: "libmbedtls-dev", commands: [] },
  { name: "libwslay-dev", commands: [] },
  // Serial cables of two pseudo-terminals.
  { name: "socat", commands: ["socat"] },
  // Shells that the command line is completed in.
  { name: "bash", commands: ["bash"] },
  { name: "zsh", commands: ["zsh"] },
  { name: "fish", commands: ["fish"] },
  { name: "valgrind", commands: ["valgrind"] },
  { name: "libc6-dbg", commands: [] },
  // The bare-metal board: its compiler, its C library, its machine.
  { name: "gcc-riscv64-unknown-elf", commands: ["riscv64-unknown-elf-gcc"] },
  { name: "picolibc-riscv64-unknown-elf", commands: [] },
  { name: "qemu-system-misc", commands: ["qemu-system-riscv32"] },
  { name: "cppcheck", commands: ["cppcheck"] },
  { name: "clang-format", commands: ["clang-format"] },
  { name: "clang-tidy", commands: ["clang-tidy"] },
  // For the pages: the dashboard and the fleet's report.
  { name: "chromium", commands: ["chromium"] },
];

/** Installs what is missing; throws, with the line to run, where it can't. */
export function providePackages(): void {
  // Debian puts daemons where an ordinary user's PATH does not look.
  const { PATH = "" } = process.env;
  Object.assign(process.env, { PATH: `${PATH}:/usr/local/sbin:/usr/sbin:/sbin` });
  const debian = isDebian();
  const missing = REQUIREMENTS.filter((requirement) => isMissing(requirement, debian)).map(({ name }) => name);
  if (missing.length === 0) return;
  if (!debian) {
    throw new Error(`the tests need ${missing.join(", ")}: install them with this system's package manager`);
  }
  const line = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  const prefix = process.getuid?.() === 0 ? [] : ["sudo", "-n", "--"];
  if (prefix.length > 0 && !succeeds("sudo", ["-n", "true"])) {
    throw new Error(`the tests need packages that are not installed. Run: sudo sh -c '${line}'`);
  }
  console.log(`installing ${missing.join(", ")} …`);
  // A policy of 101 keeps mosquitto's service from starting on port 1883, which npm start wants; the tests start their own.
  const script = `
    export DEBIAN_FRONTEND=noninteractive
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then printf '#!/bin/sh\\nexit 101\\n' > $policy && chmod +x $policy; trap 'rm -f $policy' EXIT; fi
    ${line}`;
  const [command = "sh", ...args] = [...prefix, "sh", "-c", script];
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`installing failed (${error?.message ?? `exit code ${status}`}). Run: ${line}`);
}

function isDebian(): boolean {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync("/etc/os-release", "utf-8"));
  } catch {
    return false;
  }
}

/** Elsewhere only commands can be looked for; what brings none is taken to come along with the compiler. */
function isMissing({ name, commands }: Requirement, debian: boolean): boolean {
  if (commands.length > 0) return !commands.every((command) => succeeds("sh", ["-c", `command -v ${command}`]));
  return debian && !succeeds("dpkg", ["-s", name]);
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
