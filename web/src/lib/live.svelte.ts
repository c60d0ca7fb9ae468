// How new the data is. The server tells when more has landed.
import { forgetAnswers, get } from './api';

export interface Status {
  version: string;
  now: string;
  as_of: string | null;
  lake: string;
  collector: null | {
    cadence_s: number;
    sweeping: boolean;
    next_slot: string | null;
    pause: string | null;
    why?: string;
    last_run: null | { id: string; status: string; streams: number };
  };
}

class Live {
  /** Counts up when data has landed. */
  version = $state(0);
  status = $state.raw<Status>();
  /** The server's clock ahead of ours, in milliseconds: a simulated one may be far. */
  ahead = $state(0);

  async refresh(): Promise<void> {
    const answer = await get<Status>(`/api/v1/status`).catch(() => undefined);
    const status = answer?.data[0];
    if (!status) return;
    this.status = status;
    this.ahead = Date.parse(status.now) - Date.now();
  }

  listen(): void {
    const events = new EventSource('/api/v1/events');
    let last: number | undefined;
    const take = (event: MessageEvent<string>): void => {
      const version = (JSON.parse(event.data) as { version: number }).version;
      const news = last !== undefined && version !== last;
      last = version;
      if (!news) return;
      forgetAnswers();
      this.version += 1;
      void this.refresh();
    };
    events.addEventListener('hello', take);
    events.addEventListener('run', take);
    void this.refresh();
  }
}

export const live = new Live();
