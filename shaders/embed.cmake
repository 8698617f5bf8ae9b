# SPDX-License-Identifier: GPL-2.0-or-later
#
#   cmake "-DINPUTS=a.frag;b.vert" -DOUTPUT=embedded.c -P embed.cmake
#
# Bytes instead of string literals: C11 promises no literal longer than 4095 characters.
set(text "#include \"shaders/shaders.h\"\n")
foreach(input IN LISTS INPUTS)
    get_filename_component(name ${input} NAME)
    string(REGEX REPLACE "[^a-z0-9]" "_" name ${name})
    file(READ ${input} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(APPEND text "const char orl_shader_${name}[] = {${bytes}0};\n")
endforeach()
file(WRITE ${OUTPUT} "${text}")
