# Debian's gcc-riscv64-unknown-elf with picolibc, for the instructions that an ESP32-C3 has.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv32)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_ASM_COMPILER riscv64-unknown-elf-gcc)
# cmake's trial programs need no start code then.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
# rv32imc and no more: with _zicsr, which the assembler would like for its control registers, GCC links the libraries of
# another instruction set.
# Of the cores that GCC 12 knows, "size" is a plain one that accesses words at any address in hardware, as this machine's
# does: it saves each access of the module to its memory seven instructions.
set(MACHINE "-march=rv32imc -mabi=ilp32 -mtune=size --specs=picolibc.specs")
set(CMAKE_C_FLAGS_INIT "${MACHINE}")
set(CMAKE_ASM_FLAGS_INIT "${MACHINE}")
