# SPDX-License-Identifier: GPL-2.0-or-later
#
# Rules for every file of the project.
#
#   cmake -DROOT=<source tree> -DCHECK=licence -P files.cmake    each file names its licence
#   cmake -DROOT=<source tree> -DCHECK=paths -P files.cmake      no file names a path of one machine
cmake_minimum_required(VERSION 3.25)

set(folders .ci client common docs kvmfr packaging shaders tests)
# Files that cannot hold a comment, or are compared byte by byte.
set(without_comment "^LICENSE$|\\.json$|\\.png$|\\.bin$|\\.raw$|\\.txt$|^tests/data/|/corpus/|^\\.git")
# Tests set such paths as values, and a path below the tree may end the same way.
set(private "(^|[^A-Za-z0-9_./-])(/[w]ork|/home/[a-z]+|/root)/[A-Za-z]|\\.\\./[s]hared")

set(globs "")
foreach(folder IN LISTS folders)
    list(APPEND globs ${ROOT}/${folder}/*)
endforeach()
file(GLOB_RECURSE files RELATIVE ${ROOT} ${globs})
file(GLOB top LIST_DIRECTORIES FALSE RELATIVE ${ROOT} ${ROOT}/* ${ROOT}/.clang* ${ROOT}/.ci/*)
list(APPEND files ${top})
list(REMOVE_DUPLICATES files)
list(FILTER files EXCLUDE REGEX "\\.pyc$|~$|\\.swp$|\\.o$|\\.ko$|\\.mod(\\.c)?$|\\.cmd$")

set(faults 0)
foreach(file IN LISTS files)
    if(CHECK STREQUAL licence AND NOT file MATCHES "${without_comment}")
        file(STRINGS ${ROOT}/${file} line LIMIT_INPUT 1000 LIMIT_COUNT 1
             REGEX "SPDX-License-Identifier: .*GPL-2.0")
        if(line STREQUAL "")
            message(NOTICE "${file} does not name its licence: "
                    "add 'SPDX-License-Identifier: GPL-2.0-or-later' at its top.")
            math(EXPR faults "${faults} + 1")
        endif()
    elseif(CHECK STREQUAL paths AND NOT file MATCHES "^tests/data/|/corpus/")
        file(STRINGS ${ROOT}/${file} line LIMIT_COUNT 1 REGEX "${private}")
        if(NOT line STREQUAL "")
            string(STRIP "${line}" line)
            message(NOTICE "${file} names a path of one machine: '${line}'.")
            math(EXPR faults "${faults} + 1")
        endif()
    endif()
endforeach()
list(LENGTH files count)
if(faults GREATER 0)
    message(FATAL_ERROR "${faults} files break the rule '${CHECK}'.")
endif()
message(STATUS "${count} files keep the rule '${CHECK}'.")
