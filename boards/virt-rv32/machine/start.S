/* The first instructions: registers, memory protection, zeros, paint, main(). And where every trap arrives. */

    .option arch, +zicsr

    .section .start, "ax"
    .global _start
_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, stack_top
    la tp, bss_start
    la t0, trap_entry
    csrw mtvec, t0
    csrw mie, zero

    /* The page below the stack: locked, so that it holds for this mode too, and without any permission. The address of
       a naturally aligned region of 2^n bytes ends in a 0 and n-3 ones. */
    la t0, guard_start
    srli t0, t0, 2
    ori t0, t0, 0x1ff
    csrw pmpaddr0, t0
    li t0, 0x98
    csrw pmpcfg0, t0

    la t0, bss_start
    la t1, bss_end
1:  bgeu t0, t1, 2f
    sw zero, 0(t0)
    addi t0, t0, 4
    j 1b

    /* Every word of the stack, so that it shows later how deep it was. STACK_PAINT in stack.h is the same. */
2:  la t0, stack_bottom
    li t1, 0x50a1e70d
3:  bgeu t0, sp, 4f
    sw t1, 0(t0)
    addi t0, t0, 4
    j 3b

4:  call main
    tail power_off

/* Nothing returns from a trap: the board resets. So the interrupted registers need not be saved, and the stack, which may
   be what failed, is left alone. */
    .text
    .balign 4
trap_entry:
    la sp, trap_stack_top
    csrr a0, mcause
    csrr a1, mepc
    csrr a2, mtval
    tail machine_trapped

    .bss
    .balign 16
    .space 1024
trap_stack_top:
