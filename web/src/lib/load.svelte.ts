// A question whose answer follows what it depends on, and new data.
import { get, type Answer, type Row } from './api';
import { live } from './live.svelte';

export interface Loaded<T> {
  readonly answer: Answer<T> | undefined;
  readonly error: string | undefined;
  readonly loading: boolean;
}

/** `url` is read in an effect: what it reads is followed. null asks nothing. */
export function load<T = Row>(url: () => string | null): Loaded<T> {
  let answer = $state.raw<Answer<T>>();
  let error = $state<string>();
  let loading = $state(true);
  $effect(() => {
    const asked = url();
    void live.version;
    if (asked === null) return;
    let stale = false;
    loading = true;
    get<T>(asked).then(
      (found) => {
        if (stale) return;
        answer = found;
        error = undefined;
        loading = false;
      },
      (failure: unknown) => {
        if (stale) return;
        answer = undefined;
        error = failure instanceof Error ? failure.message : String(failure);
        loading = false;
      },
    );
    return () => {
      stale = true;
    };
  });
  return {
    get answer() {
      return answer;
    },
    get error() {
      return error;
    },
    get loading() {
      return loading;
    },
  };
}
