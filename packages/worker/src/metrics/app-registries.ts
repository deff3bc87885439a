/**
 * Finds the metrics that the app keeps with prom-client or @prometheus-io/client, without loading either: it sees the
 * module `lib/registry.js` of the library when the app loads it, and from then on every registry to which a metric is
 * added. The app's registries and metrics stay as they are. An ES module that imports the library is seen as well, since
 * both libraries are CommonJS; a copy within a bundle is not.
 */
import { onLoaded } from './loaded-files.ts';

/** The parts of a library's metric that are used; both libraries have them. */
export interface Metric {
  readonly name: string;
  get(): Promise<unknown>;
}

/** The parts of a library's registry that are used. */
export interface AppRegistry {
  getMetricsAsArray(): Metric[];
  registerMetric(metric: Metric): void;
  readonly contentType: string;
}

interface RegistryModule {
  readonly prototype: AppRegistry;
  readonly globalRegistry?: AppRegistry;
}

/** Several copies of a library may be installed. */
const REGISTRY_FILE = /[\\/](prom-client|@prometheus-io[\\/]client)[\\/]lib[\\/]registry\.js$/;

export class AppRegistries {
  /** An app may make a registry for each scrape (`Registry.merge()`): they are to be collected. */
  readonly #registries = new Set<WeakRef<AppRegistry>>();
  readonly #known = new WeakSet<AppRegistry>();
  readonly #onFound: () => void;

  /** @param onFound called when the app has loaded a library, for each copy of one */
  constructor(onFound: () => void) {
    this.#onFound = onFound;
  }

  /** To be called before the app is loaded. What a preload of the user has loaded so far is found too. */
  watch(): void {
    onLoaded(REGISTRY_FILE, this.found);
  }

  /** Those that live, in the order in which they came. */
  *live(): Generator<AppRegistry> {
    for (const reference of this.#registries) {
      const registry = reference.deref();
      if (registry) yield registry;
      else this.#registries.delete(reference);
    }
  }

  /** @param exported what the module `lib/registry.js` of a library exports; anything else is left alone */
  readonly found = (exported: unknown): void => {
    const { prototype, globalRegistry } = (exported ?? {}) as Partial<RegistryModule>;
    const registerMetric = prototype?.registerMetric;
    if (!prototype || typeof registerMetric !== 'function') return;
    const add = (registry: AppRegistry) => this.#add(registry);
    Object.defineProperty(prototype, 'registerMetric', {
      value: function (this: AppRegistry, metric: Metric) {
        add(this);
        return Reflect.apply(registerMetric, this, [metric]);
      },
      writable: true,
      configurable: true,
    });
    if (globalRegistry) this.#add(globalRegistry);
    this.#onFound();
  };

  #add(registry: AppRegistry): void {
    if (this.#known.has(registry)) return;
    this.#known.add(registry);
    this.#registries.add(new WeakRef(registry));
  }
}
