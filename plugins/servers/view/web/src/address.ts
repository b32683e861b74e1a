/** What is shown stands in the address: it can be sent to somebody, and the back button works. */
import { useCallback } from "react";
import { useSearchParams } from "wouter";

export type SetParameter = (name: string, value: string | readonly string[] | null) => void;

export function useAddress() {
  const [params, setParams] = useSearchParams();
  const set: SetParameter = useCallback(
    (name, value) =>
      setParams(
        (now) => {
          const next = new URLSearchParams(now);
          next.delete(name);
          for (const one of value === null ? [] : [value].flat()) if (one !== "") next.append(name, one);
          return next;
        },
        { replace: true },
      ),
    [setParams],
  );
  return { params, set, setParams };
}
