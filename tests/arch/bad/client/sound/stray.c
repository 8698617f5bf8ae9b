/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is in a folder that the table does not know. */
