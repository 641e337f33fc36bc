import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { validate } from "dockerfile-utils";
import { Job } from "kubernetes-models/batch/v1/Job";
import { describe, expect, test } from "vitest";
import { parse, parseDocument } from "yaml";
import { COMMANDS } from "../../host/cli/table/index.ts";
import { loadScenario } from "../../host/fleet/scenario-file.ts";
import { PROJECT_ROOT } from "../../host/project.ts";

function read(path: string): string {
  return readFileSync(join(PROJECT_ROOT, "deploy", path), "utf-8");
}

const job = parse(read("kubernetes/job.yaml"));
const pod = job.spec.template.spec;
const [container] = pod.containers;
const args: readonly string[] = container.args;
const dockerfile = read("Dockerfile");

/** The value of `--name=value`. */
function argument(name: string): string | undefined {
  return args.find((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3);
}

/** The flags of a command, as `--broker`. */
function flagsOf(name: string): readonly string[] {
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) throw new Error(`there is no command "${name}"`);
  return Object.values(command.options).map(({ flags }) => flags.split(" ")[0] ?? "");
}

test.each(["kubernetes/job.yaml", "kubernetes/pod-monitor.yaml", "prometheus.yml"])(
  "%s is YAML without a complaint",
  (path) => {
    const document = parseDocument(read(path));
    expect([...document.errors, ...document.warnings]).toEqual([]);
  },
);

describe("the Job", () => {
  test("is one by Kubernetes's own schema", () => {
    expect(() => new Job(job).validate()).not.toThrow();
    expect(() => new Job({ ...job, spec: { ...job.spec, completions: "four" } }).validate()).toThrow("completions");
  });

  test("gives fleet run no flag that it does not have", () => {
    const [module, ...flags] = args;
    expect(existsSync(join(PROJECT_ROOT, "examples", module?.match(/^build\/(.+)\.wasm$/)?.[1] ?? "none"))).toBe(true);
    expect(flagsOf("fleet run")).toEqual(expect.arrayContaining(flags.map((flag) => flag.replace(/=.*/, ""))));
  });

  test("runs every shard at once, each of them once", () => {
    expect(job.spec.completionMode).toBe("Indexed");
    expect(job.spec.parallelism).toBe(job.spec.completions);
    expect(argument("shard-count")).toBe(String(job.spec.completions));
  });

  test("has a port for each node of a shard in the range that it asks for", () => {
    const [sysctl] = pod.securityContext.sysctls;
    expect(sysctl.name).toBe("net.ipv4.ip_local_port_range");
    const [first, last] = sysctl.value.split(" ").map(Number);
    expect(Number(argument("nodes")) / job.spec.completions).toBeLessThan(last - first);
  });

  test("starts all shards at one time, in a scenario that there is", async () => {
    expect(argument("start-at")).toBe("$(START_AT)");
    expect((await loadScenario(argument("scenario") ?? "")).name).toBe(argument("scenario"));
  });

  test("defines every variable that its arguments name", () => {
    const defined = container.env.map(({ name }: { name: string }) => name);
    const named = args.flatMap((each) => [...each.matchAll(/\$\((\w+)\)/g)].map(([, name]) => name));
    expect(defined).toEqual(expect.arrayContaining(named));
  });

  test("takes the password from a Secret into the environment, and not into an argument", () => {
    const password = container.env.find(({ name }: { name: string }) => name === "WASMOTE_PASSWORD");
    expect(password.valueFrom.secretKeyRef).toEqual({ name: "wasmote-fleet-broker", key: "password" });
    expect(args.join(" ")).not.toMatch(/password/i);
  });

  test("runs as nobody in particular, who may change nothing", () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(container.resources.limits.memory).toBeDefined();
  });
});

describe("Prometheus", () => {
  test("finds the port that the pods serve", () => {
    const port = argument("metrics");
    expect(argument("metrics-host")).toBe("0.0.0.0");
    expect(job.spec.template.metadata.annotations).toMatchObject({
      "prometheus.io/scrape": "true",
      "prometheus.io/port": port,
    });
    expect(container.ports).toEqual([{ name: "metrics", containerPort: Number(port) }]);
    const [endpoint] = parse(read("kubernetes/pod-monitor.yaml")).spec.podMetricsEndpoints;
    expect(endpoint).toMatchObject({ port: "metrics", path: "/metrics" });
    const [own, inKubernetes] = parse(read("prometheus.yml")).scrape_configs;
    expect(own.static_configs[0].targets).toEqual([`127.0.0.1:${port}`]);
    expect(inKubernetes.kubernetes_sd_configs).toEqual([{ role: "pod" }]);
    expect(dockerfile).toContain(`EXPOSE ${port}`);
  });

  test("and its operator choose the pods by the labels that the Job gives them", () => {
    const { labels } = job.spec.template.metadata;
    expect(labels).toMatchObject(parse(read("kubernetes/pod-monitor.yaml")).spec.selector.matchLabels);
    expect(labels).toMatchObject(pod.topologySpreadConstraints[0].labelSelector.matchLabels);
    const [, { relabel_configs: rules }] = parse(read("prometheus.yml")).scrape_configs;
    const rule = rules.find(({ source_labels: [label] }: { source_labels: string[] }) =>
      label?.includes("app_kubernetes_io_name"),
    );
    expect(rule.regex).toBe(labels["app.kubernetes.io/name"]);
  });
});

describe("the Dockerfile", () => {
  test("has nothing that a checker of Dockerfiles complains of", () => {
    expect(validate(dockerfile).map(({ message, range }) => `line ${range.start.line + 1}: ${message}`)).toEqual([]);
    expect(validate("FORM node\n")).not.toEqual([]);
  });

  test("pins its base images, both to the same version", () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base = ""]) => base);
    const versions = bases.map((base) => base.match(/^node:(\d+\.\d+\.\d+)-/)?.[1]);
    expect(versions).toHaveLength(2);
    expect(new Set(versions).size).toBe(1);
    const { engines } = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf-8"));
    expect(versions[0]?.split(".")[0]).toBe(engines.node.match(/\d+/)?.[0]);
  });

  test("copies what is there, and its .dockerignore lets it through", () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, names = ""]) =>
      names.split(" "),
    );
    const allowed = [...read("Dockerfile.dockerignore").matchAll(/^!(.+)$/gm)].map(([, name]) => name);
    expect(copied.toSorted()).toEqual(allowed.toSorted());
    for (const name of copied) expect(existsSync(join(PROJECT_ROOT, name)), name).toBe(true);
  });

  test("runs fleet run, not as root", () => {
    const [, entry = "[]"] = dockerfile.match(/^ENTRYPOINT (.*)$/m) ?? [];
    const [node, script = "", ...command] = JSON.parse(entry);
    expect(node).toBe("node");
    expect(existsSync(join(PROJECT_ROOT, script)), script).toBe(true);
    expect(COMMANDS.map(({ name }) => name)).toContain(command.join(" "));
    expect(dockerfile).toMatch(/^USER 1000:1000$/m);
  });
});

test.each(["README.md", "../docs/scenarios.md"])("the commands of %s have flags that there are", (path) => {
  const calls = [
    ...read(path)
      .replaceAll("\\\n", " ")
      .matchAll(/^npx wasmote (fleet \w+)(.*)$/gm),
  ];
  expect(calls.length).toBeGreaterThan(2);
  for (const [, name = "", rest = ""] of calls) {
    const flags = [...rest.matchAll(/ (--[a-z-]+)/g)].map(([, flag]) => flag);
    expect(flagsOf(name), name).toEqual(expect.arrayContaining(flags));
  }
});
