#!/bin/bash
# main.sh: the life of a card, every tool under valgrind.
# SPDX-License-Identifier: LGPL-2.1-or-later
export JCOP_UNDER=valgrind
exec "$(dirname "$0")/../flow/main.sh"
