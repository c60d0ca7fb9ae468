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
    if (asked === null) {
      answer = undefined;
      loading = false;
      return;
    }
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

/** The first, loading as long as one of them is. */
export function together<T>(first: Loaded<T>, ...others: Loaded<unknown>[]): Loaded<T> {
  return {
    get answer() {
      return first.answer;
    },
    get error() {
      return first.error;
    },
    get loading() {
      return first.loading || others.some((one) => one.loading);
    },
  };
}
