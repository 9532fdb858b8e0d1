/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console's font: a PSF file of the distribution, as it is.
 */
	.section .rodata
	.balign	16
	.globl	font_file, font_file_end
	.type	font_file, @object
font_file:
	.incbin	"font.psf"
font_file_end:
	.size	font_file, font_file_end - font_file

	.section .note.GNU-stack, "", @progbits
