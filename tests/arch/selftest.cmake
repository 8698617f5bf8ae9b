# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs a checker of this folder on a small tree that breaks its rules, and expects that it fails and
# says each of the sentences the tree is known for.
#
#   cmake -DCHECK=includes|licence|paths -DSCRATCH=<empty folder> -P selftest.cmake
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH})
if(CHECK STREQUAL includes)
    set(command -DROOT=${CMAKE_CURRENT_LIST_DIR}/bad -P ${CMAKE_CURRENT_LIST_DIR}/includes.cmake)
    file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/bad/expected.txt expected)
elseif(CHECK STREQUAL licence)
    file(WRITE ${SCRATCH}/common/none.c "int nobody_knows_whose_this_is\;\n")
    file(WRITE ${SCRATCH}/common/other.c "/* SPDX-License-Identifier: MIT */\n")
    file(WRITE ${SCRATCH}/common/fine.c "/* SPDX-License-Identifier: GPL-2.0-or-later */\n")
    set(command -DROOT=${SCRATCH} -DCHECK=licence -P ${CMAKE_CURRENT_LIST_DIR}/files.cmake)
    set(expected "common/none.c does not name its licence" "common/other.c does not name its licence"
        "2 files break")
else()
    # Put together from parts, or this file would break the rule itself.
    file(WRITE ${SCRATCH}/docs/a.md "built in /ho" "me/somebody/oriel\n")
    file(WRITE ${SCRATCH}/docs/b.md "see ../sha" "red/notes.md\n")
    file(WRITE ${SCRATCH}/docs/fine.md "see client/work/notes.md\n")
    set(command -DROOT=${SCRATCH} -DCHECK=paths -P ${CMAKE_CURRENT_LIST_DIR}/files.cmake)
    set(expected "docs/a.md names a path of one machine" "docs/b.md names a path of one machine"
        "2 files break")
endif()

execute_process(COMMAND ${CMAKE_COMMAND} ${command} RESULT_VARIABLE result
                OUTPUT_VARIABLE said ERROR_VARIABLE said)
file(REMOVE_RECURSE ${SCRATCH})
if(result EQUAL 0)
    message(FATAL_ERROR "The checker accepted a tree that breaks its rules. It said:\n${said}")
endif()
foreach(sentence IN LISTS expected)
    string(FIND "${said}" "${sentence}" at)
    if(at EQUAL -1)
        message(FATAL_ERROR "The checker should have said '${sentence}'. It said:\n${said}")
    endif()
endforeach()
