/** A page that cannot be drawn, of data that are not what they should be, takes nothing else with it. */
import { Component, type ReactNode } from "react";
import { Failure } from "./parts.tsx";

interface Props {
  /** The address: another one is tried anew. */
  readonly at: string;
  readonly children: ReactNode;
}

interface State {
  readonly at: string;
  readonly error: Error | undefined;
}

export class Boundary extends Component<Props, State> {
  override state: State = { at: this.props.at, error: undefined };

  static getDerivedStateFromError(error: unknown): Pick<State, "error"> {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  static getDerivedStateFromProps({ at }: Props, state: State): State | null {
    return at === state.at ? null : { at, error: undefined };
  }

  override render() {
    return this.state.error === undefined ? this.props.children : <Failure error={this.state.error} />;
  }
}
