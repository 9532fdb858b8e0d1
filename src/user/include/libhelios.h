/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libhelios: what a Helios program is linked with.
 *
 * Conventions, everywhere:
 *
 * - What can fail returns enum helios_status; results go through pointers,
 *   which are written only on HELIOS_OK unless said otherwise.
 * - The detail that the kernel gave with the last status other than
 *   HELIOS_OK is helios_detail(), per thread, like errno: valid after a
 *   failure, until the next failure in that thread.
 * - Times are nanoseconds, absolute ones since boot (helios_clock).
 * - Sizes are bytes unless the name says pages.
 * - A function that yields a capability picks a free slot of the caller's
 *   CSpace; the caller owns it and frees it with helios_destroy().
 * - Objects are made from helios_process.memory, which can be set.
 *
 * All of it is safe to call from several threads unless said otherwise.
 */
#ifndef LIBHELIOS_H
#define LIBHELIOS_H

#include <helios/bootinfo.h>
#include <helios/error.h>
#include <helios/fault.h>
#include <helios/message.h>
#include <helios/object.h>
#include <helios/regs.h>
#include <helios/syscall.h>
#include <helios/types.h>

#include <helios-user/process.h>
#include <helios-user/raw.h>
#include <helios-user/ipc.h>
#include <helios-user/cap.h>
#include <helios-user/space.h>
#include <helios-user/task.h>
#include <helios-user/device.h>
#include <helios-user/format.h>
#include <helios-user/string.h>
#include <helios-user/mutex.h>
#include <helios-user/memory.h>
#include <helios-user/heap.h>
#include <helios-user/thread.h>
#include <helios-user/tar.h>
#include <helios-user/elf.h>

#endif
