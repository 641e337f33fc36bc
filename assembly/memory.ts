/** The two things done to plain memory. Both compile to one bulk-memory instruction. */

/** Copies `length` bytes, which may overlap, and returns the address behind the copy. */
@inline
export function copy(to: usize, from: usize, length: i32): usize {
  memory.copy(to, from, length);
  return to + length;
}

/** Whether `now` has reached `deadline`: right across the wrap of the clock at 2^32, for spans below 2^31 ms. */
@inline
export function reached(now: u32, deadline: u32): bool {
  return <i32>(now - deadline) >= 0;
}
