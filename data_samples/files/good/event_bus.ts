/** A typed event bus: the compiler knows which payload belongs to which event. */

export type Listener<T> = (payload: T) => void | Promise<void>;
export type Unsubscribe = () => void;

interface Subscription<T> {
  listener: Listener<T>;
  once: boolean;
  priority: number;
}

export interface BusOptions {
  /** Called with whatever a listener throws; the other listeners still run. */
  onError?: (error: unknown, event: string) => void;
}

export class EventBus<Events extends Record<string, unknown>> {
  private readonly subscriptions = new Map<keyof Events, Subscription<never>[]>();

  constructor(private readonly options: BusOptions = {}) {}

  on<K extends keyof Events>(event: K, listener: Listener<Events[K]>, priority = 0): Unsubscribe {
    return this.add(event, { listener, once: false, priority });
  }

  once<K extends keyof Events>(event: K, listener: Listener<Events[K]>): Unsubscribe {
    return this.add(event, { listener, once: true, priority: 0 });
  }

  /** Resolves with the payload of the next event, or rejects after `timeout` milliseconds. */
  next<K extends keyof Events>(event: K, timeout?: number): Promise<Events[K]> {
    return new Promise((resolve, reject) => {
      const stop = this.once(event, (payload) => {
        clearTimeout(timer);
        resolve(payload);
      });
      const timer = timeout === undefined ? undefined : setTimeout(() => {
        stop();
        reject(new Error(`no "${String(event)}" within ${timeout} ms`));
      }, timeout);
    });
  }

  async emit<K extends keyof Events>(event: K, payload: Events[K]): Promise<number> {
    const current = [...(this.subscriptions.get(event) ?? [])] as unknown as Subscription<Events[K]>[];
    let called = 0;
    for (const subscription of current) {
      if (subscription.once) this.remove(event, subscription);
      try {
        await subscription.listener(payload);
        called += 1;
      } catch (error) {
        this.options.onError?.(error, String(event));
      }
    }
    return called;
  }

  private add<K extends keyof Events>(event: K, subscription: Subscription<Events[K]>): Unsubscribe {
    const list = (this.subscriptions.get(event) ?? []) as unknown as Subscription<Events[K]>[];
    const at = list.findIndex((other) => other.priority < subscription.priority);
    list.splice(at < 0 ? list.length : at, 0, subscription);
    this.subscriptions.set(event, list as unknown as Subscription<never>[]);
    return () => this.remove(event, subscription);
  }

  private remove<K extends keyof Events>(event: K, subscription: Subscription<Events[K]>): void {
    const list = (this.subscriptions.get(event) ?? []) as unknown as Subscription<Events[K]>[];
    const at = list.indexOf(subscription);
    if (at >= 0) list.splice(at, 1);
  }
}
