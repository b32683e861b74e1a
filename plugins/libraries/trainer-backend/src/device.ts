/** What a training runs on. */
import { existsSync } from "node:fs";

/** What `auto` means here: cuda where there is an NVIDIA GPU that may be used. */
export function deviceOf(device: "auto" | "cpu" | "cuda"): "cpu" | "cuda" {
  if (device !== "auto") return device;
  return process.env["CUDA_VISIBLE_DEVICES"] !== "" && existsSync("/dev/nvidia0") ? "cuda" : "cpu";
}
