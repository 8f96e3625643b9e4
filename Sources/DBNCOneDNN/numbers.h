// The numbers of oneDNN's names, for version 2 and for version 3. They are part of its binary
// interface: the same in every release of a major version from 2.0 to 3.13.
#pragma once

#include "onednn.h"

enum { float32 = 3, forward_inference = 96, convolution_direct = 1, deconvolution_direct = 10 };
enum { softmax_accurate = 0x30000 };

// `dnnl_use_scale` and `dnnl_use_shift`.
static const unsigned scale_flags[2] = {0x8, 0x2}, shift_flags[2] = {0x10, 0x4};
enum { undefined_type = 0, cpu = 1, default_stream = 1, caller_has_scratchpad = 1 };


static const int tags[][2] = {
    [conednn_format_tag_undef] = {0, 0},  [conednn_format_tag_any] = {1, 1},
    [conednn_acb] = {17, 15},             [conednn_acdb] = {20, 22},
    [conednn_acdeb] = {21, 33},           [conednn_aBc16b] = {47, 56},
    [conednn_aBcd16b] = {69, 78},         [conednn_aBcde16b] = {112, 121},
    [conednn_aBc8b] = {60, 69},           [conednn_aBcd8b] = {93, 102},
    [conednn_aBcde8b] = {133, 142},       [conednn_aBc4b] = {51, 60},
    [conednn_aBcd4b] = {75, 84},          [conednn_aBcde4b] = {119, 128},
};

static const int algorithms[][2] = {
    [conednn_eltwise_relu] = {0x1f, 0x20},
    [conednn_eltwise_tanh] = {0x2f, 0x21},
    [conednn_eltwise_elu] = {0x3f, 0x22},
    [conednn_eltwise_abs] = {0x5f, 0x24},
    [conednn_eltwise_sqrt] = {0x6f, 0x25},
    [conednn_eltwise_linear] = {0x7f, 0x26},
    [conednn_eltwise_logistic] = {0xaf, 0x29},
    [conednn_eltwise_exp] = {0xbf, 0x2a},
    [conednn_eltwise_gelu_tanh] = {0xcf, 0x2b},
    [conednn_eltwise_gelu_erf] = {0x30, 0x31},
    [conednn_eltwise_swish] = {0xdf, 0x2c},
    [conednn_eltwise_clip] = {0xff, 0x2e},
    [conednn_eltwise_hardswish] = {0x70, 0x34},
    [conednn_pooling_max] = {0x1ff, 0x1ff},
    [conednn_pooling_avg_include_padding] = {0x2ff, 0x2ff},
    [conednn_pooling_avg_exclude_padding] = {0x3ff, 0x3ff},
    [conednn_binary_add] = {0x1fff0, 0x1fff0},
    [conednn_binary_mul] = {0x1fff1, 0x1fff1},
    [conednn_binary_div] = {0x1fff4, 0x1fff4},
};

static const int post_operation_bases[2] = {16384, 32768};
